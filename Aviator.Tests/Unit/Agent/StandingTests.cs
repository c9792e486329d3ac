using Aviator.Agent;
using Aviator.Agent.Counters;
using Aviator.Agent.Http;
using Aviator.Agent.Interest;
using Aviator.Agent.Sources;
using Aviator.Core.Measurement;
using Aviator.Tests.Fixtures;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

/// <summary>What the agent says of itself, on a clock of the test's.</summary>
public sealed class StandingTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly HandDrivenCounters _kernel = new();
    private readonly AgentOptions _options = new();
    private readonly FlowState _flow = new();
    private readonly ReadClock _clock;
    private readonly MeasurementSource _source;

    public StandingTests()
    {
        _clock = new ReadClock(_time);
        _source = new MeasurementSource(LatencySource.Ebpf, "by hand", _kernel, FellBack: false);
    }

    public void Dispose() => _kernel.Dispose();

    [Theory]
    [InlineData(9, HealthStatus.Healthy)]
    [InlineData(11, HealthStatus.Unhealthy)]
    public async Task Healthz_LoopStandsStill_FailsAfterItsPatience(int seconds, HealthStatus status)
    {
        _clock.Turned();
        _time.Advance(TimeSpan.FromSeconds(seconds));

        Assert.Equal(status, (await new LoopHealthCheck(_clock, _options)
            .CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken)).Status);
    }

    [Fact]
    public async Task Healthz_ReadsFailButTheLoopTurns_StaysHealthy()
    {
        for (var i = 0; i < 100; i++)
        {
            _clock.Turned();
            _clock.Failed("no");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(HealthStatus.Healthy,
            (await new LoopHealthCheck(_clock, _options)
                .CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken)).Status);
    }

    [Theory]
    [Trait("Catalogue", "9")]
    [InlineData(0, HealthStatus.Healthy)]
    [InlineData(4, HealthStatus.Healthy)]
    [InlineData(5, HealthStatus.Unhealthy)]
    public async Task Readyz_CountersGrowOld_SaysSo(int seconds, HealthStatus status)
    {
        Assert.Equal("the counters have not been read yet", (await ReadyAsync()).Description);
        _clock.Read(InterestPlan.Empty);
        _time.Advance(TimeSpan.FromSeconds(seconds));

        Assert.Equal(status, (await ReadyAsync()).Status);
    }

    [Fact]
    public async Task Readyz_HooksNoLongerFire_SaysSoUntilTheyDoAgain()
    {
        _clock.Read(InterestPlan.Empty);
        using var check = new FlowCheck(_source, _flow, _time, NullLogger<FlowCheck>.Instance);
        await check.StartAsync(TestContext.Current.CancellationToken);
        _kernel.Flowing = false;
        await AdvanceUntilAsync(() => _flow.Reason is not null);
        _clock.Read(InterestPlan.Empty);
        var dry = await ReadyAsync();
        _kernel.Flowing = true;
        await AdvanceUntilAsync(() => _flow.Reason is null);
        _clock.Read(InterestPlan.Empty);

        Assert.Equal((HealthStatus.Unhealthy, true), (dry.Status, dry.Description!.Contains("no longer fire", StringComparison.Ordinal)));
        Assert.Equal(HealthStatus.Healthy, (await ReadyAsync()).Status);
        await check.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task FlowCheck_HooksFailOnce_ReportsGoOn()
    {
        using var check = new FlowCheck(_source, _flow, _time, NullLogger<FlowCheck>.Instance);
        await check.StartAsync(TestContext.Current.CancellationToken);
        _kernel.Flowing = false;
        var tried = _kernel.Tries;
        await AdvanceUntilAsync(() => _kernel.Tries > tried);
        _kernel.Flowing = true;
        await AdvanceUntilAsync(() => _kernel.Tries > tried + 3);

        Assert.Null(_flow.Reason);
        Assert.False(check.ExecuteTask!.IsCompleted);
        await check.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task FlowCheck_HooksStayDead_EndsTheAgentSoThatItsNextStartAttachesAnew()
    {
        using var check = new FlowCheck(_source, _flow, _time, NullLogger<FlowCheck>.Instance);
        await check.StartAsync(TestContext.Current.CancellationToken);
        _kernel.Flowing = false;
        await AdvanceUntilAsync(() => check.ExecuteTask!.IsCompleted);

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => check.ExecuteTask!);
        Assert.Contains("its next start attaches them again", fault.Message, StringComparison.Ordinal);
        Assert.NotNull(_flow.Reason);
        Assert.Equal(4, _kernel.Tries);
    }

    private Task<HealthCheckResult> ReadyAsync() =>
        new SourceHealthCheck(_source, _flow, new KernelStanding(_source, _time), _clock, _options)
        .CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);

    private Task AdvanceUntilAsync(Func<bool> condition) => Eventually.TrueAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            return condition();
        },
        "the check ran");
}
