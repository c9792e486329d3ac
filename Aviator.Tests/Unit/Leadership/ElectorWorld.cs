using System.Diagnostics.Metrics;
using Aviator.Controller.Leadership;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Leadership;

/// <summary>Electors of one Lease on a clock that the test moves.</summary>
internal sealed class ElectorWorld : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly List<LeaseElector> _electors = [];
    private readonly List<Stepper> _steppers = [];

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public FakeLease Lease { get; } = new();

    public LeaderElectionOptions Options { get; } = new() { Enabled = true };

    /// <summary>Starts an elector on its own line.</summary>
    public (LeaseElector Elector, FakeLease.FakeLine Line, Stepper Process) Start(string identity, TimeProvider? clock = null)
    {
        var line = Lease.Connect();
        var elector = new LeaseElector(line, Options, identity, clock ?? Time,
            new(_services.GetRequiredService<IMeterFactory>()), NullLogger<LeaseElector>.Instance);
        var stepper = new Stepper(Time, elector.StepAsync, () => elector.Rung, TestContext.Current.CancellationToken);
        _electors.Add(elector);
        _steppers.Add(stepper);
        return (elector, line, stepper);
    }

    /// <summary>Starts an elector and waits until it leads.</summary>
    public async Task<(LeaseElector Elector, FakeLease.FakeLine Line, Stepper Process)> LeaderAsync(string identity,
        TimeProvider? clock = null)
    {
        var started = Start(identity, clock);
        await UntilAsync(() => started.Elector.Term is not null, TimeSpan.FromMinutes(1), $"{identity} to lead");
        return started;
    }

    /// <summary>Time passes.</summary>
    public async Task PassAsync(TimeSpan span, Action? each = null)
    {
        for (var start = Time.GetTimestamp(); Time.GetElapsedTime(start) < span;)
        {
            await Stepper.TickAsync(Time, _steppers);
            each?.Invoke();
        }
    }

    /// <summary>Time passes until <paramref name="condition"/> holds.</summary>
    /// <returns>How much.</returns>
    public async Task<TimeSpan> UntilAsync(Func<bool> condition, TimeSpan limit, string what)
    {
        var start = Time.GetTimestamp();
        while (!condition())
        {
            Assert.True(Time.GetElapsedTime(start) < limit, $"Waited {limit.TotalSeconds} s without success: {what}");
            await Stepper.TickAsync(Time, _steppers);
        }

        return Time.GetElapsedTime(start);
    }

    public void Dispose()
    {
        foreach (var elector in _electors) elector.Dispose();
        _services.Dispose();
    }
}
