using System.Net;
using Aviator.Agent;
using Aviator.Agent.Interest;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Fixtures.ApiServer;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

public sealed class ClusterInterestTests
{
    private const string Policies = "aviatorpolicies";
    private const string Policy =
        """{"metadata":{"namespace":"shop","name":"web"},"spec":{"targetRef":{"name":"web"},"targetPort":9000}}""";
    private const string Service =
        """{"metadata":{"namespace":"shop","name":"web"},""" +
        """ "spec":{"selector":{"app":"web","aviator.io/steered":"true"},"ports":[{"port":80,"targetPort":9000}]}}""";

    [Fact]
    public async Task Follow_PolicyServiceAndPods_GivesThePlanOfThisNodeOnly()
    {
        var served = new ServedCollections();
        await using var server = await FakeApiServer.StartAsync(served);
        served.Set("pods", Pod("a", "10.1.0.1"));
        served.Set("services", Service);
        served.Set(Policies, Policy);
        await using var agent = new Following(server.Connect());

        await Eventually.TrueAsync(() => agent.Board.Plan.Endpoints.Count == 1, "the first plan");
        Assert.Equal((InterestState.Current, ""), agent.Board.Status);
        Assert.Equal((IPAddress.Parse("10.1.0.1"), 9000),
            (agent.Board.Plan.Endpoints[0].Key.Address, agent.Board.Plan.Endpoints[0].Key.Port));
        Assert.Contains(server.Requests, request => request.StartsWith("/api/v1/pods?", StringComparison.Ordinal) &&
            request.Contains("fieldSelector=spec.nodeName%3Dnode-1", StringComparison.Ordinal));

        served.Set("pods", Pod("a", "10.1.0.1"), Pod("b", "10.1.0.2"));
        await Eventually.TrueAsync(() => agent.Board.Plan.Endpoints.Count == 2, "the new pod");
        served.Set(Policies);
        await Eventually.TrueAsync(() => agent.Board.Plan.Endpoints.Count == 0, "the policy is gone");
    }

    [Fact]
    public async Task Follow_KindIsNotInstalled_SaysSoAndFindsItLater()
    {
        var served = new ServedCollections();
        await using var server = await FakeApiServer.StartAsync(served);
        served.Set("pods", Pod("a", "10.1.0.1"));
        served.Set("services", Service);
        await using var agent = new Following(server.Connect());

        await Eventually.TrueAsync(() => agent.Board.Status.Reason.Contains("not installed", StringComparison.Ordinal), "the reason");
        Assert.Equal(InterestState.Impaired, agent.Board.Status.State);
        Assert.Empty(agent.Board.Plan.Endpoints);

        served.Set(Policies, Policy);
        await Eventually.TrueAsync(() => agent.Board.Plan.Endpoints.Count == 1, "the plan", TimeSpan.FromSeconds(20));
        Assert.Equal(InterestState.Current, agent.Board.Status.State);
    }

    [Fact]
    public async Task Follow_ServerIsAway_TheLastPlanStays()
    {
        var served = new ServedCollections();
        await using var server = await FakeApiServer.StartAsync(served);
        served.Set("pods", Pod("a", "10.1.0.1"));
        served.Set("services", Service);
        served.Set(Policies, Policy);
        await using var agent = new Following(server.Connect());
        await Eventually.TrueAsync(() => agent.Board.Plan.Endpoints.Count == 1, "the first plan");
        var plan = agent.Board.Plan;

        await server.StopAsync();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        for (var i = 0; i < 10; i++)
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            Assert.Same(plan, agent.Board.Plan);
        }
    }

    [Fact]
    public async Task Follow_ServerWasNeverThere_StaysWaitingWithTheReason()
    {
        var server = await FakeApiServer.StartAsync(new ServedCollections());
        var connection = server.Connect();
        await server.DisposeAsync();
        await using var agent = new Following(connection);

        await Eventually.TrueAsync(() =>
            agent.Board.Status.Reason.Contains("waiting for the API server", StringComparison.Ordinal), "the reason");
        Assert.Equal(InterestState.Waiting, agent.Board.Status.State);
    }

    private static string Pod(string name, string address) => $$$"""
        {"metadata":{"namespace":"shop","name":"{{{name}}}","uid":"uid-{{{name}}}","creationTimestamp":"2026-01-01T00:00:00Z",
                     "labels":{"app":"web"}},
         "spec":{"nodeName":"node-1","containers":[{"name":"c"}]},
         "status":{"phase":"Running","podIP":"{{{address}}}","podIPs":[{"ip":"{{{address}}}"}],
                   "conditions":[{"type":"Ready","status":"True"}]}}
        """;

    private sealed class Following : IAsyncDisposable
    {
        private readonly ClusterInterest _interest;

        public Following(Aviator.Kubernetes.ApiConnection connection)
        {
            _interest = new ClusterInterest(connection, Board, new AgentOptions { NodeName = "node-1" }, TimeProvider.System,
                NullLoggerFactory.Instance);
            _ = _interest.StartAsync(CancellationToken.None);
        }

        public InterestBoard Board { get; } = new();

        public async ValueTask DisposeAsync()
        {
            await _interest.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
            _interest.Dispose();
        }
    }
}
