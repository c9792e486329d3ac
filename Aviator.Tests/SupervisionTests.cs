using Aviator.ServiceDefaults;
using Xunit;

namespace Aviator.Tests;

public sealed class SupervisionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task WhenStopped_OneTaskFails_EndsWithItsFaultWhileOthersRun()
    {
        using var stopping = new CancellationTokenSource();

        var fault = await Assert.ThrowsAsync<InvalidDataException>(() =>
            Supervision.WhenStoppedAsync([ForeverAsync(stopping.Token), Task.FromException(new InvalidDataException("odd"))], stopping.Token).WaitAsync(Limit, TestContext.Current.CancellationToken));

        Assert.Equal("odd", fault.Message);
    }

    [Fact]
    public async Task WhenStopped_OneTaskEndsByItself_IsAFaultToo()
    {
        using var stopping = new CancellationTokenSource();

        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            Supervision.WhenStoppedAsync([ForeverAsync(stopping.Token), Task.CompletedTask], stopping.Token).WaitAsync(Limit, TestContext.Current.CancellationToken));
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

    private static Task ForeverAsync(CancellationToken stopping) => Task.Delay(Timeout.Infinite, stopping);
}
