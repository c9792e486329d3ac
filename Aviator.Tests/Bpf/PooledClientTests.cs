using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Aviator.Agent.Steering;
using Aviator.Agent.Steering.Closing;
using Aviator.Kubernetes;
using Aviator.Tests.Bpf.PooledClients;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;
using Aviator.Tests.Tooling.Traffic;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>
/// What clients do whose idle connections are closed. Two endpoints, sixteen workers that pause for up to 60 ms after each request, half of
/// them POST; one endpoint leaves, and the agent's own pace closes what was given to it.
/// </summary>
[Collection(ConnectCollection.Name)]
public sealed partial class PooledClientTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Workers = 16;

    /// <summary>How long a connection may go on from its next use: one that is not used is not closed.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Load = TimeSpan.FromSeconds(12), Start = TimeSpan.FromSeconds(30);

    private readonly ConnectWorld _world = new();
    private readonly List<PooledServer> _servers = [];
    private readonly DirectoryInfo _built = Directory.CreateTempSubdirectory("aviator-clients-");
    private readonly IdleCloser _closer = new(TimeProvider.System, NullLogger.Instance);
    private Socket[] _endpoints = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _endpoints = _world.Listen(2);
        foreach (var endpoint in _endpoints) _servers.Add(await PooledServer.StartAsync(endpoint));
    }

    public async ValueTask DisposeAsync()
    {
        await _closer.EndAsync();
        foreach (var server in _servers) await server.DisposeAsync();
        _world.Dispose();
        _built.Delete(recursive: true);
    }

    public static TheoryData<string> Clients => [.. PooledClient.Names];

    /// <summary>
    /// A request that crosses the close may fail: here one connection in so many is asked just then. Each is closed once, so failures are
    /// few; what is demanded is that they are far fewer than connections.
    /// </summary>
    [Theory, MemberData(nameof(Clients))]
    public async Task Endpoint_Leaves_ItsConnectionsFollow_AndHardlyARequestFails(string name)
    {
        var client = await PooledClient.FindAsync(name, _built.FullName, Stop);
        Assert.SkipUnless(client.Missing is null, client.Missing ?? "");
        var order = Order(1);
        Apply(order);
        var load = AskAsync(client);
        await Waiting.UntilAsync(
            "requests at both", Start, () => Task.FromResult(_servers.TrueForAll(server => server.Requests.Count > 200)), Stop);

        order = Order(0);
        Apply(order);
        var left = DateTime.UtcNow;
        using var turns = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var closing = TurnAsync(order, turns.Token);
        var (requests, failed) = await load;
        await turns.CancelAsync();
        await closing;

        var after = _servers[1].Requests.Where(request => request.At > left).ToList();
        var longest = after.GroupBy(request => request.Connection, request => request.At).Max(used => used.Max() - used.Min());
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: {_closer.Closed} connections closed, the last {longest.TotalSeconds:F1} s after its next use, " +
            $"the last request after {(after.Max(request => request.At) - left).TotalSeconds:F1} s, {failed} of {requests} failed"));
        Assert.InRange(_closer.Closed, 1, Workers);
        Assert.InRange(longest, TimeSpan.Zero, Limit);
        Assert.InRange(failed, 0, 2);
    }

    private async Task TurnAsync(AcceptedOrder order, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(SteeringLoop.Beat);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                _world.Table.Beat(TimeSpan.Zero);
                _closer.Turn(_world.Table, order);
            }
        }
        catch (OperationCanceledException)
        {
            // The load is over.
        }
    }

    private void Apply(AcceptedOrder order)
    {
        _world.Table.Apply([.. order.Services.SelectMany(service => service.Addresses)]);
        _world.Table.Beat(TimeSpan.Zero);
    }

    private AcceptedOrder Order(double second)
    {
        var row = ConnectWorld.ServiceOf(_endpoints, [1, second]);
        return new(1, 1, [new(new ObjectKey("shop", "web"), ConnectWorld.FailOpenAfter, [row]) { CloseIdle = true }]);
    }

    private async Task<(long Requests, long Failed)> AskAsync(PooledClient client)
    {
        if (client.Command is null) return await OwnClientAsync();
        var said = await Command.RunAsync(
            ["nsenter", $"--net={_world.Network.Path}", .. client.Command,
                $"http://{ConnectWorld.Service}/", $"{Workers}", $"{Load.TotalSeconds}"],
            limit: Load + Start, cancellationToken: Stop);
        output.WriteLine(said.Output);
        var figures = Said().Match(said.EnsureSuccess().Output);
        return (Figure(1), Figure(2));

        long Figure(int group) => long.Parse(figures.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    private async Task<(long Requests, long Failed)> OwnClientAsync()
    {
        await using var traffic = PooledTraffic.Start(
            new(ConnectWorld.Service, 80), Workers, Load, () => _world.Client(AddressFamily.InterNetwork));
        var all = await traffic.EndAsync();
        return (all.Count, all.Failures.Count);
    }

    [GeneratedRegex("([0-9]+) requests, ([0-9]+) failed")]
    private static partial Regex Said();
}
