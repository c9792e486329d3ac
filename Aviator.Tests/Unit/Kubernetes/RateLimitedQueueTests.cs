using Aviator.Kubernetes;
using Aviator.ServiceDefaults;
using Aviator.Tests.Fixtures;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes;

public sealed class RateLimitedQueueTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly RateLimitedQueue<string> _queue;

    public RateLimitedQueueTests() => _queue = new(_time, new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)), capacity: 4);

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task Add_WhileItWaits_IsMerged()
    {
        _queue.Add("a");
        _queue.Add("a");

        Assert.Equal("a", await Take());
        Assert.Equal((0, 1, 1), (_queue.Length, _queue.Added, _queue.Merged));
    }

    [Fact]
    public async Task Add_WhileItIsWorkedOn_ComesAgainAfterDoneAndNotBefore()
    {
        _queue.Add("a");
        await Take();
        _queue.Add("a");

        Assert.Equal(0, _queue.Length);
        _queue.Done("a");
        Assert.Equal("a", await Take());
        _queue.Done("a");
        Assert.Equal(0, _queue.Length);
    }

    [Fact]
    public void AddAfter_SeveralDelays_TheEarliestCounts()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(30));
        _queue.AddAfter("a", TimeSpan.FromSeconds(5));
        _queue.AddAfter("a", TimeSpan.FromSeconds(60));

        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(0, _queue.Length);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _queue.Length);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((1, 1, 0), (_queue.Length, _queue.Added, _queue.Delayed));
    }

    [Fact]
    public void Add_OfADelayedName_TakesTheDelayAway()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(5));
        _queue.Add("a");
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal((1, 1), (_queue.Length, _queue.Added));
    }

    [Fact]
    public void AddRateLimited_FailureAfterFailure_PausesGrowToTheLimitAndForgetEndsThem()
    {
        var pauses = Enumerable.Range(0, 10).Select(_ => _queue.AddRateLimited("a").TotalSeconds).ToList();

        for (var i = 0; i < pauses.Count; i++)
        {
            var ceiling = Math.Min(Math.Pow(2, i), 60);
            Assert.InRange(pauses[i], ceiling / 2, ceiling);
        }

        Assert.Equal(10, _queue.FailuresOf("a"));
        _queue.Forget("a");
        Assert.InRange(_queue.AddRateLimited("a").TotalSeconds, 0.5, 1);
    }

    /// <summary>A server says when to come again: not before, and not all at the same moment.</summary>
    [Fact]
    public void AddRateLimited_OtherPausesOrAtLeastSoMuch_AreKept()
    {
        Assert.InRange(_queue.AddRateLimited("a", atLeast: TimeSpan.FromSeconds(7)).TotalSeconds, 7, 7.25);
        Assert.InRange(
            _queue.AddRateLimited("a", new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1))).TotalSeconds, 0.1, 0.2);
        Assert.InRange(_queue.AddRateLimited("b", atLeast: TimeSpan.FromMilliseconds(1)).TotalSeconds, 0.5, 1);
        Assert.Equal(2, _queue.FailuresOf("a"));
    }

    [Fact]
    public void Add_BeyondTheCapacity_IsRefusedAndCounted()
    {
        Assert.True(_queue.Add("a") && _queue.Add("b") && _queue.AddAfter("c", TimeSpan.FromSeconds(9)) && _queue.Add("d"));

        Assert.False(_queue.Add("e"));
        Assert.False(_queue.AddAfter("f", TimeSpan.FromSeconds(1)));
        Assert.True(_queue.Add("c"));
        Assert.Equal(2, _queue.Refused);
    }

    [Fact]
    public async Task Take_ManyWorkers_NoNameIsEverWithTwoOfThem()
    {
        using var queue = new RateLimitedQueue<int>(TimeProvider.System,
            new Backoff(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var holders = new int[4];
        var runs = 0;
        var worst = 0;
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                var key = await queue.TakeAsync(stop.Token);
                worst = Math.Max(worst, Interlocked.Increment(ref holders[key]));
                await Task.Yield();
                Interlocked.Decrement(ref holders[key]);
                Interlocked.Increment(ref runs);
                queue.Done(key);
            }
        }, stop.Token)).ToList();

        for (var i = 0; i < 20_000; i++) queue.Add(i % holders.Length);
        await Eventually.TrueAsync(() => queue is { Length: 0, InProgress: 0 }, "an empty queue");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(workers));

        Assert.Equal(1, worst);
        Assert.InRange(runs, holders.Length, 20_000);
    }

    private ValueTask<string> Take() => _queue.TakeAsync(TestContext.Current.CancellationToken);
}
