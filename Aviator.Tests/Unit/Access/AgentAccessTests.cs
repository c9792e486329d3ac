using System.Net;
using Aviator.Agent;
using Aviator.Agent.Access;
using Aviator.Tests.Fixtures;
using Microsoft.Extensions.Options;
using Xunit;

namespace Aviator.Tests.Unit.Access;

/// <summary>
/// Who may read the measurements: a real agent over real sockets, and an API server that reviews tokens as the test says.
/// </summary>
public sealed class AgentAccessTests
{
    private const string Good = "good-token-of-the-controller";

    private static readonly TimeSpan Recheck = TimeSpan.FromMinutes(1), Forget = TimeSpan.FromMinutes(5),
        RefusedFor = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Latencies_ControllersToken_IsLetIn()
    {
        await using var agent = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await agent.GetAsync(Good)).Status);
        Assert.Equal(HttpStatusCode.OK, (await agent.GetAsync(Good, scheme: "bearer")).Status);
        Assert.Equal(1, agent.Api.Reviews);
    }

    [Fact]
    public async Task Latencies_NoTokenOrAnInvalidOne_Is401WithAChallenge()
    {
        await using var agent = await StartAsync();
        using var none = await agent.SendAsync(null);
        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer realm=\"aviator-agent\""),
            (none.StatusCode, none.Headers.WwwAuthenticate.ToString()));
        Assert.Contains("send 'Authorization: Bearer TOKEN'", (await agent.GetAsync(null)).Reason, StringComparison.Ordinal);
        using var garbage = await agent.SendAsync("garbage");
        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer realm=\"aviator-agent\", error=\"invalid_token\""),
            (garbage.StatusCode, garbage.Headers.WwwAuthenticate.ToString()));
        Assert.Equal(1, agent.Api.Reviews);

        foreach (var (token, scheme) in new[] { (Good, "Basic"), ("two words", "Bearer"), (new string('x', 17_000), "Bearer") })
            Assert.Equal((HttpStatusCode.Unauthorized, "the Authorization header does not read 'Bearer TOKEN'"),
                await agent.GetAsync(token, scheme: scheme));
        Assert.Equal(1, agent.Api.Reviews);
        var metrics = await agent.MetricsAsync();
        Assert.Contains("aviator_agent_access_refusals_total{otel_scope_name=\"Aviator.Agent\",reason=\"no_token\"} 2", metrics,
            StringComparison.Ordinal);
        Assert.Contains("aviator_agent_access_refusals_total{otel_scope_name=\"Aviator.Agent\",reason=\"invalid_token\"} 4", metrics,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Latencies_AnotherUser_Is403AndToldWhatToMend()
    {
        await using var agent = await StartAsync();
        agent.Api.Users["other"] = "system:serviceaccount:shop:web";
        var (status, reason) = await agent.GetAsync("other");
        Assert.Equal((HttpStatusCode.Forbidden,
            "system:serviceaccount:shop:web is not let in: add it to Agent:Access:Users if it should be"), (status, reason));
        await agent.GetAsync("other");
        Assert.Equal(1, agent.Api.Reviews);
    }

    /// <summary>To order is more than to read.</summary>
    [Fact]
    public async Task Steering_OnlyAUserThatMayOrder_IsLetIn()
    {
        var order = () => new StringContent("""{"formatVersion":1,"node":"node-1","term":1,"sequence":1,"services":[]}""");
        await using (var agent = await StartAsync())
        {
            using var none = await agent.OrderAsync(null, order());
            Assert.Equal(HttpStatusCode.Unauthorized, none.StatusCode);
            using var reader = await agent.OrderAsync(Good, order());
            Assert.Equal(HttpStatusCode.Forbidden, reader.StatusCode);
            Assert.Contains("may read and not order: add it to Agent:Access:Steerers",
                await reader.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        await using var steered = await StartAsync($"Access:Steerers={GuardedAgent.Controller}");
        using var taken = await steered.OrderAsync(Good, order());
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        steered.Api.Users["other"] = "somebody-else";
        using var other = await steered.OrderAsync("other", order());
        Assert.Equal(HttpStatusCode.Forbidden, other.StatusCode);
    }

    [Fact]
    public async Task Latencies_TokenForAnotherAudience_Is401()
    {
        await using var agent = await StartAsync();
        agent.Api.KnowsAudiences = false;
        Assert.Equal((HttpStatusCode.Unauthorized, "the token was not made for the audience aviator-agent"), await agent.GetAsync(Good));
    }

    [Fact]
    public async Task OtherPaths_WithoutToken_AreOpenUnlessMetricsAreGuardedToo()
    {
        await using (var agent = await StartAsync())
        {
            foreach (var path in (string[])["/healthz", "/readyz", "/metrics"])
                await Eventually.TrueAsync(async () => (await agent.SendAsync(null, path)).StatusCode == HttpStatusCode.OK, path);
            Assert.Equal(0, agent.Api.Reviews);
        }

        await using var guarded = await StartAsync("Access:OpenMetrics=false");
        Assert.Equal(HttpStatusCode.Unauthorized, (await guarded.GetAsync(null, "/metrics")).Status);
        Assert.Equal(HttpStatusCode.OK, (await guarded.GetAsync(Good, "/metrics")).Status);
        await Eventually.TrueAsync(async () => (await guarded.SendAsync(null, "/readyz")).StatusCode == HttpStatusCode.OK, "/readyz");
    }

    [Fact]
    public async Task Latencies_ManyRequestsWithOneNewToken_AreOneReview()
    {
        await using var agent = await StartAsync();
        var hold = new TaskCompletionSource();
        agent.Api.Hold = hold.Task;
        var requests = Enumerable.Range(0, 50).Select(_ => agent.GetAsync(Good)).ToList();
        await Eventually.TrueAsync(() => agent.Api.Reviews == 1, "the review");
        hold.SetResult();
        Assert.All(await Task.WhenAll(requests), answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Equal(1, agent.Api.Reviews);
    }

    [Fact]
    public async Task Latencies_TokenRevoked_IsRefusedOnceItIsLookedAtAgain()
    {
        await using var agent = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await agent.GetAsync(Good)).Status);
        agent.Api.Users.Clear();
        agent.Time.Advance(Recheck - TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await agent.GetAsync(Good)).Status);
        Assert.Equal(1, agent.Api.Reviews);
        agent.Time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(async () => (await agent.GetAsync(Good)).Status == HttpStatusCode.Unauthorized, "the refusal");
        Assert.Equal(2, agent.Api.Reviews);

        agent.Api.Users[Good] = GuardedAgent.Controller;
        agent.Time.Advance(RefusedFor);
        Assert.Equal(HttpStatusCode.OK, (await agent.GetAsync(Good)).Status);
    }

    [Theory]
    [InlineData(500, "the API server could not check the token: not today")]
    [InlineData(403, "the API server does not let this agent check tokens: grant its account 'create' on tokenreviews " +
        "(config/rbac/agent.yaml does)")]
    public async Task Latencies_ApiServerAnswersNoReview_ApprovedGoOnAndOthersAre503(int refusal, string reason)
    {
        await using var agent = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await agent.GetAsync(Good)).Status);
        agent.Api.Refusal = refusal;
        using (var fresh = await agent.SendAsync("new-token"))
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "5"), (fresh.StatusCode, fresh.Headers.RetryAfter!.ToString()));
        var asked = agent.Api.Reviews;
        for (var i = 0; i < 20; i++) Assert.Equal((HttpStatusCode.ServiceUnavailable, reason), await agent.GetAsync($"new-token-{i}"));
        Assert.Equal(asked, agent.Api.Reviews);
        agent.Time.Advance(Forget - TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await agent.GetAsync(Good)).Status);
        agent.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, reason), await agent.GetAsync(Good));

        agent.Api.Refusal = 0;
        agent.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(HttpStatusCode.OK, (await agent.GetAsync(Good)).Status);
        Assert.Equal(1, agent.Log.Count(line => line.StartsWith("Warning Tokens cannot be checked", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Latencies_ApiServerIsGone_NobodyNewIsLetIn()
    {
        await using var agent = await StartAsync();
        await agent.Server.DisposeAsync();
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "the API server, which checks tokens, cannot be reached"),
            await agent.GetAsync(Good));
    }

    [Fact]
    public async Task Latencies_FloodOfUnknownTokens_IsATrickleAtTheApiServerAndLocksNobodyOut()
    {
        await using var agent = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await agent.GetAsync(Good)).Status);
        var hold = new TaskCompletionSource();
        agent.Api.Hold = hold.Task;
        var held = Enumerable.Range(0, TokenGate.Reviews).Select(i => agent.GetAsync($"flood-{i}")).ToList();
        await Eventually.TrueAsync(() => agent.Api.Reviews == 1 + TokenGate.Reviews, "the reviews");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "too many tokens are being checked at this moment; try again shortly"),
            await agent.GetAsync("one-more"));

        // The controller's own token, long approved and now to be asked about again, has its turn all the same.
        agent.Time.Advance(Forget);
        var renewed = agent.GetAsync(Good);
        await Eventually.TrueAsync(() => agent.Api.Reviews == 2 + TokenGate.Reviews, "the renewal");
        hold.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await renewed).Status);
        Assert.All(await Task.WhenAll(held), answer => Assert.Equal(HttpStatusCode.Unauthorized, answer.Status));
    }

    [Fact]
    public async Task Log_WhateverIsAsked_HoldsNoToken()
    {
        await using var agent = await StartAsync();
        agent.Api.Users["secret-of-another"] = "somebody";
        foreach (var token in (string[])[Good, "secret-of-nobody", "secret-of-another"]) await agent.GetAsync(token);
        agent.Api.Refusal = 500;
        await agent.GetAsync("secret-of-a-bad-day");
        Assert.Contains(agent.Log, line => line.Contains("Refused somebody", StringComparison.Ordinal));
        Assert.DoesNotContain(agent.Log, line =>
            line.Contains(Good, StringComparison.Ordinal) || line.Contains("secret-of", StringComparison.Ordinal));
    }

    [Fact]
    public void Memory_MoreTokensThanItMayHold_ForgetsTheOldest()
    {
        var memory = new TokenMemory(3);
        foreach (var (key, at) in new[] { ("a", 1), ("b", 2), ("c", 3), ("a", 4), ("d", 5) })
            memory.Set(key, new(new(TokenStanding.Invalid, null, ""), at));
        Assert.Equal((3, true, false), (memory.Count, memory.TryGet("a", out _), memory.TryGet("b", out _)));
        memory.ForgetBefore(5);
        Assert.Equal((1, true), (memory.Count, memory.TryGet("d", out _)));
    }

    [Fact]
    public void Build_AccessOptionsHaveFaults_NamesAllAtOnce()
    {
        string[] options = ["Mode=token", "Audience=", "CacheFor=00:00:10", "RecheckAfter=00:00:20", "RefusedFor=1.00:00:00",
            "CacheSize=1"];
        var error = Assert.Throws<OptionsValidationException>(() => AgentHost.Build(
            ["--Agent:Endpoints:0:Address=127.0.0.1", "--Agent:Endpoints:0:Port=1",
                .. options.Select(option => $"--Agent:Access:{option}")], (_, _) => new HandDrivenCounters()));
        foreach (var fault in (string[])["Access:Users is empty", "Access:Audience is empty", "RecheckAfter is longer", "RefusedFor",
            "CacheSize"])
            Assert.Contains(error.Failures, failure => failure.Contains(fault, StringComparison.Ordinal));
        Assert.Contains(
            "OpenMetrics=false needs",
            Assert.Throws<OptionsValidationException>(() =>
                AgentHost.Build(["--Agent:Endpoints:0:Address=127.0.0.1", "--Agent:Endpoints:0:Port=1",
                    "--Agent:Access:OpenMetrics=false"], (_, _) => new HandDrivenCounters())).Message,
            StringComparison.Ordinal);
    }

    private static async Task<GuardedAgent> StartAsync(params string[] options)
    {
        var agent = await GuardedAgent.StartAsync(options);
        agent.Api.Users[Good] = GuardedAgent.Controller;
        return agent;
    }
}
