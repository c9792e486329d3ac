using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Aviator.Cli.Cluster;
using Aviator.Controller.Leadership;
using Aviator.Core.Boards;
using Aviator.Kubernetes;

namespace Aviator.Cli.Figures;

/// <summary>
/// Asks the controller that leads for its board, and what a policy would decide: it listens on its pod's loopback, and the way there is a
/// port-forward, so asking it needs the right to <c>create pods/portforward</c> and no open port.
/// </summary>
/// <param name="session">The way to the cluster.</param>
internal sealed class BoardClient(Session session) : IDisposable
{
    private const string Controllers = $"app.kubernetes.io/name={AviatorNames.Application},app.kubernetes.io/component=controller";

    private const string NoPod = "no controller's pod was found";

    /// <summary>For all of one reading, the way to the pod included.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private HttpClient? _client;

    /// <summary>Reads it.</summary>
    /// <returns>The board; or null, and why there is none.</returns>
    public Task<(Board? Board, string? Why)> ReadAsync(CancellationToken cancellationToken) => TryAsync<Board>(async end =>
    {
        if (_client is not null && await AskAsync(end) is { Leads: true } known) return (known, null);
        if (await PodAsync(end) is not { } pod) return (null, NoPod);
        Connect(pod);
        var board = await AskAsync(end);
        return board.Leads ? (board, null) : (null, $"pod {pod} does not lead");
    }, cancellationToken);

    /// <summary>Asks what a policy would decide.</summary>
    /// <param name="policy">The policy, as JSON.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The answer; or null, and why there is none.</returns>
    public Task<(SimulatedPolicy? Answer, string? Why)> SimulateAsync(string policy, CancellationToken cancellationToken) =>
        TryAsync<SimulatedPolicy>(async end =>
        {
            if (await PodAsync(end) is not { } pod) return (null, NoPod);
            Connect(pod);
            using var body = new StringContent(policy, Encoding.UTF8, "application/json");
            using var answer = await _client!.PostAsync(new Uri(BoardAddress.SimulationPath, UriKind.Relative), body, end);
            if (answer.StatusCode == HttpStatusCode.NotFound || answer.StatusCode == HttpStatusCode.MethodNotAllowed)
                return (null, $"the controller in pod {pod} is of a release that cannot simulate");
            if (!answer.IsSuccessStatusCode) return (null, await answer.Content.ReadAsStringAsync(end));
            await using var content = await answer.Content.ReadAsStreamAsync(end);
            var simulated = await JsonSerializer.DeserializeAsync(content, BoardJson.Default.SimulatedPolicy, end)
                ?? throw new JsonException("the answer is empty");
            return simulated.Version == SimulatedPolicy.CurrentVersion
                ? (simulated, null)
                : throw new NotSupportedException(
                    $"the controller's answer has version {simulated.Version}; use the plugin of its release");
        }, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _client?.Dispose();

    private async Task<(T?, string?)> TryAsync<T>(
        Func<CancellationToken, Task<(T?, string?)>> ask, CancellationToken cancellationToken)
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            return await ask(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, Lost($"no answer within {Limit.TotalSeconds:0} s"));
        }
        catch (Exception fault) when (fault is HttpRequestException or WebSocketException or IOException or JsonException
            or NotSupportedException or ApiException or TimeoutException)
        {
            return (null, Lost(Innermost(fault).Message));
        }
    }

    private string Lost(string why)
    {
        _client?.Dispose();
        _client = null;
        return why.TrimEnd('.', ' ', '\n');
    }

    private void Connect(ObjectKey pod)
    {
        _client?.Dispose();
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) => await PortForwardStream.OpenAsync(session.Client, pod, BoardAddress.DefaultPort, stop),
            UseProxy = false,
        };
        _client = new HttpClient(handler) { BaseAddress = new Uri($"http://localhost:{BoardAddress.DefaultPort}") };
    }

    private async Task<Board> AskAsync(CancellationToken cancellationToken)
    {
        using var answer = await _client!.GetAsync(new Uri(BoardAddress.Path, UriKind.Relative), cancellationToken);
        // A standby answers 503, with a board that says so.
        if (answer.StatusCode != HttpStatusCode.ServiceUnavailable) answer.EnsureSuccessStatusCode();
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var board = await JsonSerializer.DeserializeAsync(body, BoardJson.Default.Board, cancellationToken)
            ?? throw new JsonException("the answer is empty");
        return board.Version == Board.CurrentVersion
            ? board
            : throw new NotSupportedException($"the controller's board has version {board.Version}; use the plugin of its release");
    }

    /// <summary>The pod of the controller that leads.</summary>
    private async Task<ObjectKey?> PodAsync(CancellationToken cancellationToken)
    {
        var leader = await Leader.FindAsync(session.Api, session.SystemNamespace, cancellationToken);
        var ns = leader.Lease?.Namespace ?? session.SystemNamespace ?? SystemNamespace.Default;
        var pods = await new ResourceClient<object>(session.Api, ResourceKind.Pods, new(ns, Controllers))
            .ListAsync(100, null, cancellationToken);
        var names = pods.Items.Select(item => item.Key).ToList();
        var holder = LeaderNames.Replica(leader.Holder);
        return names.Any(pod => pod.Name == holder) ? names.First(pod => pod.Name == holder) : names.Count == 1 ? names[0] : null;
    }

    private static Exception Innermost(Exception fault) => fault.InnerException is { } inner ? Innermost(inner) : fault;
}
