using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Aviator.Controller.Cluster;
using Aviator.Controller.Leadership;
using Aviator.Controller.Policies;
using Aviator.Controller.Readers;
using Aviator.Controller.Reconciliation;
using Aviator.Controller.State;
using Aviator.Controller.Status;
using Aviator.Controller.Steering;
using Aviator.Controller.Telemetry;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Fixtures.ApiServer;
using Aviator.Tests.Kit.Slices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>
/// When a Service is looked at again that the server refused something for: by the hand-back of Services that no policy names, which is one
/// patch each.
/// </summary>
public sealed class ReconcileLoopTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedAnswers _script = new();
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly EvaluationWorld _world = new();
    private FakeApiServer _server = null!;
    private ControllerMetrics _metrics = null!;
    private ReaderCatalog _readers = null!;
    private ClusterView _cluster = null!;
    private RateLimitedQueue<ObjectKey> _queue = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync(_script);
        var connection = _server.Connect();
        _metrics = new(_services.GetRequiredService<IMeterFactory>());
        _readers = new(connection, null, _time, NullLogger<ReaderCatalog>.Instance);
        _cluster = new(connection, SliceDialect.V1, null, new(), _time, NullLogger<ClusterView>.Instance);
        _queue = new(_time, ReconcileLoop.Retries);
        var (policies, states) = (
            new PolicyStore(connection, null, new(), _time, NullLogger<PolicyStore>.Instance), new MemoryPolicyStateStore());
        var leadership = new SoleLeadership(TimeProvider.System);
        var datapaths = Datapaths.Over(_cluster, connection, SliceDialect.V1, leadership, null, _time, NullLoggerFactory.Instance);
        var status = new PolicyStatusKeeper(_world, _world, _time, NullLogger<PolicyStatusKeeper>.Instance);
        var reconciler = new ServiceReconciler(
            policies, _cluster, datapaths, new(new Preflight(_cluster, _readers), _cluster, new(policies, _cluster)), _world.Evaluation,
            status, new(connection, _metrics), _world, _metrics);
        var terms = new TermFollower(leadership, states, status, datapaths, _metrics, new Triggers(policies, _cluster, _queue));
        var loop = new ReconcileLoop(
            _queue, policies, reconciler, terms, new(policies, states, status, _metrics), _world, _metrics, 1, _time, new Lines(_lines));
        _running = Task.WhenAll(terms.RunAsync(_stop.Token), loop.RunAsync(_stop.Token));
        await Eventually.TrueAsync(() => terms.Current is not null, "the term to begin");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        _queue.Dispose();
        _readers.Dispose();
        _metrics.Dispose();
        _world.Dispose();
        await _services.DisposeAsync();
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>A server that has just started knows its roles some seconds later.</summary>
    [Fact]
    public async Task Refused_RightThatIsBackSoon_IsTriedAgainWithinASecond()
    {
        _script.Status(403, "Forbidden").Status(403, "Forbidden").Then(Accept);
        Marked("web");
        _queue.Add(new("shop", "web"));
        await AskedAsync(1);
        _time.Advance(TimeSpan.FromSeconds(0.5));
        await AskedAsync(2);
        _time.Advance(TimeSpan.FromSeconds(1));
        await AskedAsync(3);
        await Eventually.TrueAsync(() => _queue.FailuresOf(new("shop", "web")) == 0, "the failures to be forgotten");
    }

    [Fact]
    public void Refusals_AgainAndAgain_GrowToFiveMinutes()
    {
        var pauses = Enumerable.Range(1, 20).Select(count => ReconcileLoop.Refusals.Pause(count, new Random(1))).ToList();
        Assert.InRange(pauses[0].TotalSeconds, 0.25, 0.5);
        Assert.InRange(pauses[^1].TotalMinutes, 2.5, 5);
        Assert.InRange(pauses.Take(ReconcileLoop.AttemptsAtARight - 1).Sum(pause => pause.TotalSeconds), 3, 8);
    }

    /// <summary>Each is given the time that the server asks for; the log says it once, and no Event makes it busier.</summary>
    [Fact]
    public async Task Busy_ManyServices_WaitAsAskedUnderOneLine()
    {
        string[] names = ["a", "b", "c"];
        foreach (var _ in names) _script.Then(Busy);
        foreach (var _ in names) _script.Then(Accept);
        foreach (var name in names) Marked(name);
        foreach (var name in names) _queue.Add(new("shop", name));
        await AskedAsync(3);
        await Eventually.TrueAsync(() => _queue.Delayed == 3, "all to wait");

        _time.Advance(TimeSpan.FromSeconds(6.9));
        Assert.Equal((3, 0), (_queue.Delayed, _queue.Length));
        _time.Advance(TimeSpan.FromSeconds(4));
        await AskedAsync(6);

        Assert.Single(_lines, line => line.StartsWith("The API server is busy", StringComparison.Ordinal));
        Assert.DoesNotContain(_lines, line => line.StartsWith("Failed", StringComparison.Ordinal));
        Assert.Empty(_world.Notes);
    }

    [Fact]
    public void BusyServer_AfterAQuietMinute_IsAnotherBurst()
    {
        var busy = new BusyServer(_time);
        Assert.Equal((true, false), (busy.Begins(), busy.Begins()));
        _time.Advance(BusyServer.Quiet);
        Assert.False(busy.Begins());
        _time.Advance(BusyServer.Quiet + TimeSpan.FromSeconds(1));
        Assert.True(busy.Begins());
    }

    private Task AskedAsync(int requests) => Eventually.TrueAsync(
        () => _server.Requests.Count == requests && _queue.InProgress == 0, $"{requests} requests, not {_server.Requests.Count}");

    /// <summary>A Service with the key in its selector and no policy: what is next is to take the key away.</summary>
    private void Marked(string name) => _cluster.Services.Upsert(new("shop", name), World.Web with
    {
        Name = name,
        Uid = name,
        Selector = new LabelSet([.. World.Web.Selector.All, new(ServiceShape.SteeredKey, "true")]),
    });

    private static Task Accept(HttpContext context) => context.Response.WriteAsync("""{"metadata":{"resourceVersion":"2"}}""");

    private static Task Busy(HttpContext context)
    {
        context.Response.StatusCode = 429;
        context.Response.Headers.RetryAfter = "7";
        return context.Response.WriteAsync("""{"kind":"Status","code":429,"reason":"TooManyRequests","message":"too many requests"}""");
    }

    private sealed class Lines(ConcurrentQueue<string> lines) : ILogger<ReconcileLoop>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(formatter(state, exception));
    }
}
