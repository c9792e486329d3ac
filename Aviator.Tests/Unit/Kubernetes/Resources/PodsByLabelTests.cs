using Aviator.Controller.Cluster;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using k8s.Models;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Resources;

/// <summary>The index finds what a look at every pod finds, of the snapshot that is asked about and no other.</summary>
public sealed class PodsByLabelTests
{
    private static readonly string[] Apps = ["web", "db"], Tiers = ["front", "back", "none"];

    private readonly ObjectStore<PodFacts> _store = new();
    private readonly PodsByLabel _index = new();

    public PodsByLabelTests()
    {
        foreach (var (app, i) in Enumerable.Range(0, 60).Select(i => (Apps[i % 2], i))) Put($"p{i}", ("app", app), ("tier", Tiers[i % 3]));
    }

    [Theory]
    [InlineData("app", "web", "tier", "front")]
    [InlineData("app", "web", "tier", "absent")]
    [InlineData("app", "db", "other", "front")]
    [InlineData("app", "db", "app", "db")]
    public void Matching_Selector_FindsWhatALookAtEveryPodFinds(string key, string value, string otherKey, string otherValue)
    {
        var selector = new LabelSet(new Dictionary<string, string> { [key] = value, [otherKey] = otherValue });
        var all = _store.InNamespace("shop").Values.Where(pod => selector.Matches(pod.Shape.Labels));

        Assert.Equal(Names(all), Found(selector));
    }

    [Fact]
    public void Matching_EmptySelector_FindsNothing() => Assert.Empty(Found(LabelSet.Empty));

    [Fact]
    public void Matching_PodsChanged_FollowsTheSnapshot()
    {
        var selector = Label("app", "web");
        var before = Found(selector);
        Put("new", ("app", "web"));
        Put("p0", ("app", "db"));

        Assert.Equal(before.Except(["p0"]).Append("new").Order(StringComparer.Ordinal), Found(selector));
    }

    [Fact]
    public void Without_SeveralKeys_LeavesOutEachAlone()
    {
        var labels = new LabelSet(new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" });

        Assert.Equal(Label("b", "2"), labels.Without("a"));
        Assert.Equal(Label("a", "1"), labels.Without("b"));
        Assert.Equal(Label("b", "2"), labels.Without("a"));
        Assert.Same(labels, labels.Without("c"));
    }

    private static LabelSet Label(string key, string value) => new([KeyValuePair.Create(key, value)]);

    private static IEnumerable<string> Names(IEnumerable<PodFacts> pods) =>
        pods.Select(pod => pod.Shape.Name).Order(StringComparer.Ordinal);

    private List<string> Found(LabelSet selector) => [.. Names(_index.Matching(_store.InNamespace("shop"), selector))];

    private void Put(string name, params (string Key, string Value)[] labels)
    {
        var key = new ObjectKey("shop", name);
        var metadata = new V1ObjectMeta { Uid = name, Labels = labels.ToDictionary(label => label.Key, label => label.Value) };
        _store.Upsert(key, PodReader.Read(new(key, "1", new() { Metadata = metadata })));
    }
}
