using Aviator.Controller.State;
using Aviator.Core.Decisions;
using Xunit;

namespace Aviator.Tests.Fixtures;

/// <summary>What every store of states holds, wherever it keeps them.</summary>
public abstract class PolicyStateStoreContract
{
    private static readonly string Space = $"shop-{Guid.NewGuid():N}";

    private readonly PolicyIdentity _policy = new(Space, $"web-{Guid.NewGuid():N}", "uid-1");

    private protected abstract IPolicyStateStore Store { get; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Load_NothingSaved_IsNull() => Assert.Null(await Store.LoadAsync(_policy, Stop));

    [Fact]
    public async Task Load_AfterSave_IsWhatWasSaved()
    {
        Assert.True(await Store.SaveAsync(_policy, State(failedTrials: 3), 1, Stop));

        var loaded = await Store.LoadAsync(_policy, Stop);

        Assert.Equal((BreakerPhase.HalfOpen, 3), (loaded!.Endpoints["a"].Breaker.Phase, loaded.Endpoints["a"].Breaker.FailedTrials));
        Assert.Equal(TimeSpan.FromMilliseconds(812), loaded.Endpoints["a"].Verdict?.P99);
    }

    [Fact]
    public async Task Save_SameAndLaterTerms_Replace()
    {
        foreach (var (term, trials) in ((long, int)[])[(3, 1), (3, 2), (7, 3)])
        {
            Assert.True(await Store.SaveAsync(_policy, State(trials), term, Stop));
            Assert.Equal(trials, await TrialsAsync());
        }
    }

    [Fact]
    [Trait("Catalogue", "34")]
    public async Task Save_OldLeader_IsRefusedAndChangesNothing()
    {
        Assert.True(await Store.SaveAsync(_policy, State(1), 8, Stop));

        Assert.False(await Store.SaveAsync(_policy, State(2), 7, Stop));

        Assert.Equal(1, await TrialsAsync());
    }

    [Fact]
    public async Task Save_TwoLeadersAtOnce_TheLaterTermStands()
    {
        var saves = Enumerable.Range(0, 40).Select(i => Store.SaveAsync(_policy, State(i), i % 10, Stop).AsTask());

        await Task.WhenAll(saves);

        Assert.Equal(9, await TrialsAsync() % 10);
        Assert.False(await Store.SaveAsync(_policy, State(0), 8, Stop));
    }

    [Fact]
    public async Task Load_PolicyCreatedAgain_StartsAnew()
    {
        var again = _policy with { Uid = "uid-2" };
        await Store.SaveAsync(_policy, State(1), 4, Stop);
        Assert.Null(await Store.LoadAsync(again, Stop));

        Assert.False(await Store.SaveAsync(again, State(2), 3, Stop));
        Assert.True(await Store.SaveAsync(again, State(2), 4, Stop));

        Assert.Null(await Store.LoadAsync(_policy, Stop));
        Assert.Equal(2, (await Store.LoadAsync(again, Stop))!.Endpoints["a"].Breaker.FailedTrials);
    }

    [Fact]
    public async Task Remove_OfThePolicyThatWasThereBefore_LeavesTheNewOne()
    {
        var again = _policy with { Uid = "uid-2" };
        await Store.SaveAsync(again, State(2), 1, Stop);

        await Store.RemoveAsync(_policy, Stop);
        Assert.NotNull(await Store.LoadAsync(again, Stop));

        await Store.RemoveAsync(again, Stop);
        await Store.RemoveAsync(again, Stop);
        Assert.Null(await Store.LoadAsync(again, Stop));
    }

    [Fact]
    public async Task Save_PoliciesOfOneNameInTwoNamespaces_AreApart()
    {
        var other = _policy with { Namespace = Space + "-2" };
        await Store.SaveAsync(_policy, State(1), 1, Stop);
        await Store.SaveAsync(other, State(2), 1, Stop);

        Assert.Equal(1, await TrialsAsync());
        Assert.Equal(2, (await Store.LoadAsync(other, Stop))!.Endpoints["a"].Breaker.FailedTrials);
    }

    private static PolicyState State(int failedTrials) => PolicyState.Initial with
    {
        Endpoints = EndpointRecordDictionary.Empty.With("a", new EndpointRecord
        {
            Measured = true,
            Verdict = new(TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(812), 45, TimeSpan.FromSeconds(1)),
            Breaker = new(BreakerPhase.HalfOpen, 0, failedTrials, TimeSpan.FromSeconds(40)),
        }),
    };

    private async Task<int> TrialsAsync() => (await Store.LoadAsync(_policy, Stop))!.Endpoints["a"].Breaker.FailedTrials;
}
