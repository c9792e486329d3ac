using Aviator.Kubernetes;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes;

public sealed class ObjectStoreTests
{
    [Fact]
    public void Upsert_KeptPartUnchanged_TellsNobody()
    {
        var store = new ObjectStore<string>();
        var calls = 0;
        store.Subscribe(_ => calls++);

        store.Upsert(new("shop", "a"), "1");
        store.Upsert(new("shop", "a"), "1");
        store.Remove(new("shop", "b"));

        Assert.Equal(1, calls);
    }

    [Fact]
    public void Subscribe_Disposed_HearsNothingMore()
    {
        var store = new ObjectStore<string>();
        var calls = 0;
        var subscription = store.Subscribe(_ => calls++);
        subscription.Dispose();

        store.Upsert(new("shop", "a"), "1");

        Assert.Equal(0, calls);
    }

    [Fact]
    public void InNamespace_ChangesAfterwards_SnapshotStays()
    {
        var store = new ObjectStore<string>();
        store.Upsert(new("shop", "a"), "1");
        var snapshot = store.InNamespace("shop");

        store.Remove(new("shop", "a"));
        store.Upsert(new("other", "a"), "2");

        Assert.Equal("1", snapshot["a"]);
        Assert.Empty(store.InNamespace("shop"));
        Assert.Equal("2", store.Find(new("other", "a")));
    }

    /// <summary>A subscriber that applies the changes ends with the store's contents, however lists and single changes mix.</summary>
    [Property]
    public Property Subscribe_AnyMixOfListsAndChanges_ChangesAddUpToTheContents()
    {
        var item = from name in Gen.Choose(0, 5)
                   from value in Gen.Choose(0,
            2)
                   select KeyValuePair.Create(new ObjectKey($"ns{name % 2}", $"p{name}"), $"{value}");
        var list = item.ListOf().Select(items => items.DistinctBy(entry => entry.Key).ToList());
        var step = Gen.OneOf(
            list.Select(items => (Action<ObjectStore<string>>)(store => store.Replace(items))),
            item.Select(entry => (Action<ObjectStore<string>>)(store => store.Upsert(entry.Key, entry.Value))),
            item.Select(entry => (Action<ObjectStore<string>>)(store => store.Remove(entry.Key))));
        return Prop.ForAll(step.ListOf().ToArbitrary(), steps =>
        {
            var store = new ObjectStore<string>();
            var mirror = new Dictionary<ObjectKey, string>();
            store.Subscribe(change =>
            {
                Assert.Equal(mirror.GetValueOrDefault(change.Key), change.Old);
                Assert.NotEqual(change.Old, change.New);
                if (change.New is null) mirror.Remove(change.Key);
                else mirror[change.Key] = change.New;
            });
            foreach (var apply in steps) apply(store);
            Assert.Equal(mirror.OrderBy(entry => entry.Key), store.All().OrderBy(entry => entry.Key));
        });
    }
}
