using Aviator.Controller.Autoscaling;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Autoscaling;

/// <summary>The API server is asked seldom, whoever asks for what.</summary>
public sealed class ReviewMemoryTests
{
    private static readonly Admission Yes = Admission.For(new("jane", null, [], new Dictionary<string, IReadOnlyList<string>>()));
    private static readonly Admission No = new(StatusCodes.Status403Forbidden, "no");

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Callers_WithTheSameQuestion_WaitForOneAnswer()
    {
        var (memory, hold, asked) = (new ReviewMemory(16, _time), new TaskCompletionSource<Admission>(), 0);
        var answers = Enumerable.Range(0, 20).Select(_ => memory.GetAsync("q", () =>
        {
            Interlocked.Increment(ref asked);
            return hold.Task;
        }, Stop)).ToList();
        hold.SetResult(Yes);
        Assert.All(await Task.WhenAll(answers), answer => Assert.Same(Yes, answer));
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task Questions_BeyondTheLimit_AreUnknown_AndAskedLater()
    {
        var (memory, hold) = (new ReviewMemory(16, _time), new TaskCompletionSource<Admission>());
        var first = Enumerable.Range(0, ReviewMemory.AtATime).Select(i => memory.GetAsync($"{i}", () => hold.Task, Stop)).ToList();
        Assert.Equal(StatusCodes.Status503ServiceUnavailable, (await memory.GetAsync("one more", () => hold.Task, Stop)).Status);
        hold.SetResult(No);
        await Task.WhenAll(first);
        Assert.Same(Yes, await memory.GetAsync("one more", () => Task.FromResult(Yes), Stop));
    }

    [Fact]
    public async Task Answers_ThatAreUnknown_OrFailed_AreNotRemembered()
    {
        var memory = new ReviewMemory(16, _time);
        Assert.False((await memory.GetAsync("q", () => Task.FromResult(Admission.Unknown("away")), Stop)).IsAdmitted);
        await Assert.ThrowsAsync<InvalidOperationException>(() => memory.GetAsync("q", () => throw new InvalidOperationException(), Stop));
        Assert.Same(Yes, await memory.GetAsync("q", () => Task.FromResult(Yes), Stop));
    }

    /// <summary>A flood of made-up tokens must not make it forget those who may.</summary>
    [Fact]
    public async Task Answers_BeyondTheSize_PushOutRefusalsFirst()
    {
        var memory = new ReviewMemory(4, _time);
        await memory.GetAsync("good", () => Task.FromResult(Yes), Stop);
        for (var i = 0; i < 50; i++) await memory.GetAsync($"bad{i}", () => Task.FromResult(No), Stop);
        Assert.Same(Yes, await memory.GetAsync("good", () => throw new InvalidOperationException("asked again"), Stop));
        Assert.Same(Yes, await memory.GetAsync("bad0", () => Task.FromResult(Yes), Stop));
    }
}
