using System.Net;
using Aviator.Agent.Counters;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

public sealed class NodeAddressesTests
{
    /// <summary>Each pod's card has one on the node's side: with them, 250 pods would fill the kernel's map.</summary>
    [Fact]
    public void Choose_LinkLocalOfManyPods_AreLeftOut()
    {
        var cards = Enumerable.Range(1, 2000).Select(i => IPAddress.Parse($"fe80::{i:x}"));
        Assert.Equal(
            [IPAddress.Parse("10.0.0.4"), IPAddress.Parse("2001:db8::4")],
            NodeAddresses.Choose([.. cards, IPAddress.Parse("10.0.0.4"), IPAddress.Parse("2001:db8::4")]).Order(Text));
    }

    [Fact]
    public void Choose_MoreThanTheKernelTakes_TakesTheFirst()
    {
        var all = Enumerable.Range(0, NodeAddresses.Most + 500).Select(i => new IPAddress([10, 1, (byte)(i >> 8), (byte)i])).ToList();
        Assert.Equal(all.Take(NodeAddresses.Most).ToHashSet(), NodeAddresses.Choose(all).ToHashSet());
    }

    private static Comparer<IPAddress> Text { get; } =
        Comparer<IPAddress>.Create((a, b) => string.CompareOrdinal(a.ToString(), b.ToString()));
}
