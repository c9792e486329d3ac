using Aviator.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
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

    /// <summary>A part of a process that fails, or sees the process end.</summary>
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
