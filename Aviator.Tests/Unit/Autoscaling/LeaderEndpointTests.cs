using Aviator.Controller.Autoscaling;
using Aviator.Controller.Leadership;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Fixtures.ApiServer;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Autoscaling;

/// <summary>The APIService's Service leads to the replica that leads, and to no other.</summary>
public sealed class LeaderEndpointTests
{
    private const string Expected =
        """{"subsets":[{"addresses":[{"ip":"10.0.0.7"}],"ports":[{"name":"https","port":9468,"protocol":"TCP"}]}]}""";

    private static readonly AutoscalingOptions Options = new() { Address = "10.0.0.7", ServiceNamespace = "aviator-system" };

    [Fact]
    public async Task Leader_WritesItsAddress_AndAgainNowAndThen_UntilItsTermEnds()
    {
        var (api, time) = (new ReviewingApi(), new FakeTimeProvider());
        await using var server = await FakeApiServer.StartAsync(api);
        using var leadership = new OneTerm(time);
        using var endpoint = new LeaderEndpoint(
            new ApiConnection(server.Client, TimeProvider.System) { MayWrite = () => leadership.Term is { Holds: true } },
            Options, leadership, time, NullLogger<LeaderEndpoint>.Instance);
        await endpoint.StartAsync(TestContext.Current.CancellationToken);

        await leadership.AskedAsync();
        Assert.Empty(api.Patches);
        leadership.Begin();
        await Eventually.TrueAsync(() => api.Patches.Count == 1, "the first write");
        Assert.Equal(Expected, api.Patches.First());
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(30));
            return api.Patches.Count >= 2;
        }, "the second write");

        leadership.Term!.End();
        await leadership.AskedAsync();
        var written = api.Patches.Count;
        time.Advance(TimeSpan.FromMinutes(5));
        await endpoint.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(written, api.Patches.Count);
    }

    [Theory]
    [InlineData("10.0.0.7", "aviator-system", true)]
    [InlineData(null, "aviator-system", false)]
    [InlineData("", "aviator-system", false)]
    public void Process_WithoutAnAddress_IsPublishedNowhere(string? address, string ns, bool expected) =>
        Assert.Equal(expected, LeaderEndpoint.IsKnown(new() { Address = address, ServiceNamespace = ns }));

    /// <summary>One term, which the test begins.</summary>
    private sealed class OneTerm(TimeProvider time) : ILeadership, IDisposable
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly SemaphoreSlim _asked = new(0);

        public LeaderTerm? Term { get; private set; }

        public Task AskedAsync() => _asked.WaitAsync(TestContext.Current.CancellationToken);

        public void Begin()
        {
            Term = LeaderTerm.Endless(time);
            _begun.SetResult();
        }

        public async Task<LeaderTerm> NextTermAsync(LeaderTerm? last, CancellationToken cancellationToken)
        {
            _asked.Release();
            await _begun.Task.WaitAsync(cancellationToken);
            if (last is not null) await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return Term!;
        }

        public void Dispose()
        {
            Term?.Dispose();
            _asked.Dispose();
        }
    }
}
