using Aviator.Kubernetes;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes;

public sealed class SnapshotIndexTests
{
    private readonly ObjectStore<string> _store = new();

    [Fact]
    public void Having_ObjectsChange_FollowsThem()
    {
        var index = new SnapshotIndex<string>(item => item.Split(' ')[0]);
        Assert.Empty(index.Having(_store.InNamespace("shop"), "web"));

        _store.Upsert(new("shop", "a"), "web 1");
        _store.Upsert(new("shop", "b"), "web 2");
        _store.Upsert(new("shop", "c"), "api 1");
        _store.Upsert(new("other", "a"), "web 3");
        Assert.Equal(["web 1", "web 2"], index.Having(_store.InNamespace("shop"), "web").Order());

        _store.Upsert(new("shop", "b"), "api 2");
        _store.Remove(new("shop", "c"));
        Assert.Equal(["web 1"], index.Having(_store.InNamespace("shop"), "web"));
        Assert.Equal(["api 2"], index.Having(_store.InNamespace("shop"), "api"));
    }

    /// <summary>A snapshot does not move under its reader, and neither does what is found in it.</summary>
    [Fact]
    public void Having_OlderSnapshot_FindsWhatItHas()
    {
        var index = new SnapshotIndex<string>(item => item);
        _store.Upsert(new("shop", "a"), "web");
        var before = _store.InNamespace("shop");
        _store.Remove(new("shop", "a"));
        Assert.Equal(["web"], index.Having(before, "web"));
        Assert.Empty(index.Having(_store.InNamespace("shop"), "web"));
    }

    [Fact]
    public void Having_SameSnapshot_ReadsItOnce()
    {
        var reads = 0;
        var index = new SnapshotIndex<string>(item =>
        {
            reads++;
            return item;
        });
        _store.Upsert(new("shop", "a"), "web");
        for (var i = 0; i < 3; i++) Assert.Equal(["web"], index.Having(_store.InNamespace("shop"), "web"));
        Assert.Equal(1, reads);
    }

    [Fact]
    public void Having_ObjectWithoutAKey_IsNotFound()
    {
        var index = new SnapshotIndex<string>(item => item.Length > 3 ? item : null);
        _store.Upsert(new("shop", "a"), "web");
        Assert.Empty(index.Having(_store.InNamespace("shop"), "web"));
    }
}
