using Aviator.Kubernetes;
using Aviator.ServiceDefaults;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

public sealed class ReconcileQueueTests
{
    [Fact]
    public async Task AddAfter_NameWasWaitingWhenItsTimeCame_LaterDelaysStillCome()
    {
        var stop = TestContext.Current.CancellationToken;
        var time = new FakeTimeProvider();
        using var queue = new RateLimitedQueue<string>(time, new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10)));
        queue.Add("web");
        Assert.Equal("web", await queue.TakeAsync(stop));
        queue.AddAfter("web", TimeSpan.FromMilliseconds(20));
        queue.Add("web");
        queue.AddAfter("web", TimeSpan.FromMilliseconds(20));
        time.Advance(TimeSpan.FromMilliseconds(20));
        queue.Done("web");
        Assert.Equal("web", await queue.TakeAsync(stop));
        queue.AddAfter("web", TimeSpan.FromSeconds(1));
        queue.Done("web");
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, queue.Length);
    }
}
