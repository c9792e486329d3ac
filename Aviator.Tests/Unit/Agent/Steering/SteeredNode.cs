using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Aviator.Agent.Steering;
using Aviator.Core.Steering;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Fixtures.ApiServer;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Aviator.Tests.Unit.Agent.Steering;

/// <summary>A real agent that takes orders over HTTP, its tables, and the API server that it asks for slices.</summary>
internal sealed class SteeredNode : IAsyncDisposable
{
    private readonly RunningAgent _agent;
    private readonly DirectoryInfo _pins;

    private SteeredNode(
        FakeApiServer server, ServedCollections served, RunningAgent agent, List<RecordedTable> tables, DirectoryInfo pins) =>
        (Server, Served, _agent, Tables, _pins) = (server, served, agent, tables, pins);

    public FakeApiServer Server { get; }

    public ServedCollections Served { get; }

    /// <summary>Every table that was opened.</summary>
    public List<RecordedTable> Tables { get; }

    public RecordedTable Table => Tables[^1];

    /// <summary>Starts it; the server shows three pods behind shop/web.</summary>
    public static Task<SteeredNode> StartAsync(params string[] options) => StartAsync(served => served, (_, _) => { }, options);

    /// <summary>Starts it.</summary>
    /// <param name="routes">What answers for the server; a fault is put before the collections here.</param>
    /// <param name="opening">Called with each table and how often one was asked for before; may throw.</param>
    /// <param name="options">More options.</param>
    public static async Task<SteeredNode> StartAsync(
        Func<ServedCollections, IApiRoutes> routes, Action<RecordedTable, int> opening, params string[] options)
    {
        var (served, tables) = (new ServedCollections(), new List<RecordedTable>());
        var pins = Directory.CreateTempSubdirectory("aviator-pins-");
        foreach (var kind in (string[])["pods", "services", "aviatorpolicies"]) served.Set(kind);
        served.Set("endpointslices", Slice(["10.1.0.1", "10.1.0.2", "10.1.0.9"]));
        var server = await FakeApiServer.StartAsync(routes(served));
        var tries = 0;
        var agent = await RunningAgent.StartAsync((_, _) => new HandDrivenCounters(), Open,
            services => services.AddSingleton(server.Client), [$"Steering:PinPath={pins.FullName}", .. options]);
        return new(server, served, agent, tables, pins);

        IConnectTable Open(SteeringOptions asked, Microsoft.Extensions.Logging.ILogger logger)
        {
            var table = new RecordedTable();
            opening(table, tries++);
            tables.Add(table);
            return table;
        }
    }

    public async Task<SteeringAnswer> OrderAsync(SteeringOrder order)
    {
        using var response = await PutAsync(Json(order));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync(SteeringJson.Default.SteeringAnswer, TestContext.Current.CancellationToken))!;
    }

    /// <summary>Sends an order that is to be refused.</summary>
    public async Task<(int Status, string? Field, string Reason)> RefusedAsync(HttpContent order)
    {
        using var response = await PutAsync(order);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal((int)response.StatusCode, body.GetProperty("status").GetInt32());
        return ((int)response.StatusCode, body.TryGetProperty("field", out var field) ? field.GetString() : null,
            body.GetProperty("reason").GetString()!);
    }

    public Task<(int Status, string? Field, string Reason)> RefusedAsync(SteeringOrder order) => RefusedAsync(Json(order));

    /// <summary>Sends a body once the agent wants it: one that is refused at its sight is not sent.</summary>
    public async Task<HttpResponseMessage> PutAsync(HttpContent body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri("/steering", UriKind.Relative)) { Content = body };
        request.Headers.ExpectContinue = true;
        return await _agent.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task<string> MetricsAsync() => _agent.MetricsAsync();

    /// <summary>From now on the server shows these pods behind shop/web.</summary>
    public void Show(params string[] ready) => Served.Set("endpointslices", Slice(ready));

    public static HttpContent Json(SteeringOrder order) => JsonContent.Create(order, SteeringJson.Default.SteeringOrder);

    public static string Slice(string[] ready, string manager = "endpointslice-controller.k8s.io") => $$"""
        {"metadata":{"namespace":"shop","name":"web-{{manager}}",
                     "labels":{"kubernetes.io/service-name":"web","endpointslice.kubernetes.io/managed-by":"{{manager}}"} },
         "addressType":"IPv4","endpoints":[{{string.Join(',', ready.Select(Endpoint))}}]}
        """;

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await Server.DisposeAsync();
        _pins.Delete(recursive: true);
    }

    private static string Endpoint(string address) => $$"""{"addresses":["{{address}}"],"conditions":{"ready":true} }""";
}
