using Aviator.Controller.Collection;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Aviator.Tests.Fixtures.Boards;

namespace Aviator.Tests.Page;

/// <summary>A shop with a few policies, for pictures: one pod grew slow and was taken out, another hangs.</summary>
internal static class ShopScene
{
    private const int Evaluations = 60;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Shows the scene, with a past of some minutes.</summary>
    /// <returns>The policy of the cart.</returns>
    public static ShownPolicy Show(LivePage page)
    {
        page.Keeper.Sources = new(Nodes, pod => ($"node-{1 + (pod.Name[^1] % 3)}", $"zone-{"abc"[pod.Name[^1] % 3]}"), _ => true);
        var (cart, random) = (new ShownPolicy("cart"), new Random(7));
        for (var turn = 0; turn < Evaluations; turn++)
        {
            page.Clock.Shift = (turn + 1 - Evaluations) * Interval;
            EndpointRow[] rows =
            [
                .. Enumerable.Range(0, 9).Select(pod =>
                {
                    var rank = $"selected: rank {pod + 1} of 11";
                    return ShownPolicy.Row($"cart-{pod}", 12 + (2 * pod) + (5 * random.NextDouble()), reason: rank);
                }),
                turn < 38
                    ? ShownPolicy.Row("cart-slow9", turn < 34 ? 24 : 380, reason: "selected: rank 10 of 11")
                    : ShownPolicy.Row("cart-slow9", 410, EndpointState.Ejected, "ejected: p99 410ms, limit 250ms")
                        with { OpenFor = TimeSpan.FromSeconds(150 - (5 * (turn - 38))) },
                turn < 48
                    ? ShownPolicy.Row("cart-cold8", 31, reason: "selected: rank 11 of 11")
                    : ShownPolicy.Row("cart-cold8", 88, EndpointState.Unselected, "unselected: p99 88ms when last measured"),
                ShownPolicy.Row("cart-new7", 20, EndpointState.Trial, "trial: 12 samples so far, at 0.25 of a full share")
                    with { Weight = 0.25, Rate = 10 },
            ];
            if (turn is 38 or 48) cart.Change(page.Keeper, rows);
            else cart.Evaluate(page.Keeper, rows);
        }

        var (median, p99) = (TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(40));
        var gain = new GainEstimate(P50Now: median * 2, P99Now: TimeSpan.FromMilliseconds(298), median, p99, Moved: 0.5);
        new ShownPolicy("checkout", "Observe") { Gain = gain }.Evaluate(
            page.Keeper, ShownPolicy.Row("checkout-1", 40),
            ShownPolicy.Row("checkout-2", 300, EndpointState.Unselected, "unselected: clearly slower"));
        new ShownPolicy("search").Evaluate(
            page.Keeper, [.. Enumerable.Range(1, 4).Select(pod => ShownPolicy.Row($"search-{pod}", 6 + pod))]);
        return cart;
    }

    private static IReadOnlyList<NodeSight> Nodes() =>
    [
        new("node-1", LatencySource.Ebpf, "tp_btf/tcp_probe+cgroup_skb/egress", 0.994, TimeSpan.FromSeconds(0.6)),
        new("node-2", LatencySource.Ebpf, "tp_btf/tcp_probe+cgroup_skb/egress", 0.87, TimeSpan.FromSeconds(1.2)),
        new("node-3", LatencySource.Probe, "no eBPF: the kernel is older than 5.8", null, TimeSpan.FromSeconds(14)),
    ];
}
