using System.Diagnostics.Metrics;
using Aviator.Agent;
using Aviator.Agent.Counters;
using Aviator.Agent.Interest;
using Aviator.Agent.Sources;
using Aviator.Agent.Steering;
using Aviator.Core.Measurement;
using Aviator.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Agent.Steering;

/// <summary>The steering loop of an agent without a cluster, whose time the test moves in steps of a beat.</summary>
internal sealed class SteppedLoop : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly DirectoryInfo _pins = Directory.CreateTempSubdirectory("aviator-pins-");
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly SteeringStatus _status = new();
    private readonly OrderBoard _board;
    private readonly AgentMetrics _metrics;
    private readonly SteeringLoop _loop;
    private int _opened;
    private volatile RecordedTable? _table;

    private SteppedLoop(Action opening)
    {
        _board = new(_time);
        Interest.Publish(InterestPlan.Empty);
        var source = new MeasurementSource(LatencySource.Probe, "by hand", null, FellBack: false);
        _metrics = new AgentMetrics(
            _services.GetRequiredService<IMeterFactory>(), source, new KernelStanding(source, _time), new InterestBoard(),
            new ReadClock(_time));
        var options = new AgentOptions { NodeName = "node-1" };
        options.Steering.PinPath = _pins.FullName;
        _loop = new SteeringLoop(
            _board,
            Interest,
            new ReadinessFollower(null, options, _time, NullLogger.Instance, _board.Changed.Send),
            new HeldTable(Open, options.Steering, _time, NullLogger.Instance),
            _status, options, _metrics, _time, NullLogger<SteeringLoop>.Instance);

        IConnectTable Open(SteeringOptions asked, Microsoft.Extensions.Logging.ILogger logger)
        {
            Interlocked.Increment(ref _opened);
            opening();
            return _table = new RecordedTable();
        }
    }

    /// <summary>What is known of the node's pods.</summary>
    public InterestBoard Interest { get; } = new();

    /// <summary>The table opened last.</summary>
    public RecordedTable? Table => _table;

    /// <summary>How often a table was asked for.</summary>
    public int Opened => Volatile.Read(ref _opened);

    public SteeringStanding Standing => _status.Standing;

    /// <summary>Starts it; with something pinned already, as an agent before may have left it.</summary>
    public static async Task<SteppedLoop> StartAsync(bool pinned = false, Action? opening = null)
    {
        var loop = new SteppedLoop(opening ?? (() => { }));
        if (pinned) await File.WriteAllTextAsync(Path.Combine(loop._pins.FullName, "link"), "", TestContext.Current.CancellationToken);
        await loop._loop.StartAsync(TestContext.Current.CancellationToken);
        return loop;
    }

    public void Order(long sequence, params string[] pods) => _board.Accept(OrderReader.Read(Orders.Of(sequence, pods), "node-1"));

    /// <summary>Lets so much time pass, at the loop's pace.</summary>
    public async Task StepAsync(TimeSpan span)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += SteeringLoop.Beat) await StepAsync();
    }

    /// <summary>Lets time pass until the condition holds, three minutes at most.</summary>
    public async Task StepUntilAsync(Func<bool> condition, string what)
    {
        for (var step = 0; step < 720 && !condition(); step++) await StepAsync();
        Assert.True(condition(), $"Waited for {what} in vain.");
    }

    public async ValueTask DisposeAsync()
    {
        await _loop.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
        _loop.Dispose();
        _metrics.Dispose();
        await _services.DisposeAsync();
        _pins.Delete(recursive: true);
    }

    private async Task StepAsync()
    {
        _time.Advance(SteeringLoop.Beat);
        await Task.Delay(TimeSpan.FromMilliseconds(4), TestContext.Current.CancellationToken);
    }
}
