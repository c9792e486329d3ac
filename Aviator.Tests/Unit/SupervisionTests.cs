using System.Collections.Concurrent;
using Aviator.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit;

public sealed class SupervisionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhenStopped_OneTaskFails_EndsWithItsFaultWhileOthersRun()
    {
        using var stopping = new CancellationTokenSource();

        var fault = await Assert.ThrowsAsync<InvalidDataException>(() =>
            Supervision.WhenStoppedAsync([ForeverAsync(stopping.Token), Task.FromException(new InvalidDataException("odd"))],
                stopping.Token).WaitAsync(Limit, TestContext.Current.CancellationToken));

        Assert.Equal("odd", fault.Message);
    }

    [Fact]
    public async Task WhenStopped_OneTaskEndsByItself_IsAFaultToo()
    {
        using var stopping = new CancellationTokenSource();

        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            Supervision.WhenStoppedAsync([ForeverAsync(stopping.Token), Task.CompletedTask], stopping.Token)
                .WaitAsync(Limit, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task WhenStopped_Cancelled_WaitsForAllAndEndsInGoodOrder()
    {
        using var stopping = new CancellationTokenSource();
        var last = new TaskCompletionSource();
        var all = Supervision.WhenStoppedAsync([ForeverAsync(stopping.Token), last.Task], stopping.Token);

        await stopping.CancelAsync();
        Assert.False(all.IsCompleted);
        last.SetResult();

        await all.WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task RunToExitCode_AServiceFails_IsOne() =>
        Assert.Equal(1, await ExitCodeAsync(_ => throw new InvalidDataException("odd")));

    [Fact]
    public async Task RunToExitCode_Stopped_IsZero() =>
        Assert.Equal(0, await ExitCodeAsync(lifetime => lifetime.StopApplication()));

    private static async Task<int> ExitCodeAsync(Action<IHostApplicationLifetime> act)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddHostedService<Part>();
        builder.Services.AddSingleton(act);
        return await builder.Build().RunToExitCodeAsync().WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    /// <summary>Who catches the fault says it in a sentence, so the host's own page about it is kept back.</summary>
    [Fact]
    public async Task RunToExitCode_StartFails_TheHostLogsNothingOfIt()
    {
        var log = new Collector();
        await Assert.ThrowsAsync<IOException>(() => RunAsync(log, services => services.AddHostedService<CannotStart>()));
        Assert.Empty(log.Lines);
    }

    [Fact]
    public async Task RunToExitCode_AServiceFailsOnceStarted_TheHostLogsIt()
    {
        var log = new Collector();
        Action<IHostApplicationLifetime> act = lifetime =>
        {
            Assert.True(lifetime.ApplicationStarted.WaitHandle.WaitOne(Limit));
            throw new InvalidDataException("odd");
        };
        Assert.Equal(1, await RunAsync(log, services => services.AddHostedService<Part>().AddSingleton(act)));
        Assert.Contains(log.Lines, line => line.Contains("odd", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RunToExitCode_AServiceFailsBeforeTheRestHasStarted_IsLoggedAllTheSame()
    {
        var log = new Collector();
        Action<IHostApplicationLifetime> act = _ => throw new InvalidDataException("odd");
        Assert.Equal(1, await RunAsync(log, services =>
            services.AddHostedService<Part>().AddSingleton(act).AddHostedService<StartsWhenStopped>()));
        Assert.Single(log.Lines, line => line.Contains("odd", StringComparison.Ordinal));
    }

    private static Task<int> RunAsync(Collector log, Action<IServiceCollection> add)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddConsoleLines().ClearProviders().AddProvider(log);
        add(builder.Services);
        return builder.Build().RunToExitCodeAsync().WaitAsync(Limit, Stop);
    }

    private sealed class CannotStart : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new IOException("the port is in use");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Keeps the host from having started until something stops it.</summary>
    private sealed class StartsWhenStopped(IHostApplicationLifetime lifetime) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
            await Task.Delay(Timeout.Infinite, both.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>What a program would have printed.</summary>
    private sealed class Collector : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }

    [Fact]
    public async Task Pulse_SentBetweenTakingItAndWaiting_IsNotMissed()
    {
        var (pulse, time) = (new AsyncPulse(), new FakeTimeProvider());
        var next = pulse.Next;
        pulse.Send();
        Assert.True(await AsyncPulse.WaitAsync(next, TimeSpan.FromHours(1), time, Stop));
        Assert.False(pulse.Next.IsCompleted);
    }

    [Fact]
    public async Task Pulse_DoesNotCome_WaitEndsWithItsLimit()
    {
        var (pulse, time) = (new AsyncPulse(), new FakeTimeProvider());
        var waiting = AsyncPulse.WaitAsync(pulse.Next, TimeSpan.FromSeconds(5), time, Stop);
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await waiting);
    }

    /// <summary>A part of a process that fails, or sees the process end.</summary>
    private sealed class Part(Action<IHostApplicationLifetime> act, IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            act(lifetime);
            await ForeverAsync(stoppingToken);
        }
    }

    private static Task ForeverAsync(CancellationToken stopping) => Task.Delay(Timeout.Infinite, stopping);
}
