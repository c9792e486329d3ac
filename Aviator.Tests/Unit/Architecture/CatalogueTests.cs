using System.Globalization;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace Aviator.Tests.Unit.Architecture;

/// <summary>
/// The failures that systems of this kind are known for. Each has a test that carries its number as the trait "Catalogue"; a row without
/// one must say which later work it belongs to.
/// </summary>
public sealed class CatalogueTests
{
    private const string Name = "Catalogue";

    private static readonly IReadOnlyDictionary<int, string> Rows = new Dictionary<int, string>
    {
        [1] = "slow pods stay in the default slice, because slices are united",
        [2] = "mirrored slices of a selector-less Service bring them back",
        [3] = "established connections never move when an endpoint leaves",
        [4] = "sinkhole: a pod that fails fast looks fastest and attracts everything",
        [5] = "a pod without samples is flooded (score 0) or starved (left out)",
        [6] = "ejecting too many collapses the rest",
        [7] = "herd: everyone moves to the apparent best, which then becomes the worst",
        [8] = "an ejected pod gets no traffic, so nothing says that it recovered",
        [9] = "stale numbers that look fresh",
        [10] = "percentiles averaged",
        [11] = "send-to-ACK taken for latency",
        [12] = "client-side sockets keyed by ClusterIP",
        [13] = "IPv4-mapped sockets missed",
        [14] = "C struct padding against the reader's layout",
        [15] = "dampening that counts only additions, so dead pods stay",
        [16] = "state changed before the write, so a failed write is lost",
        [17] = "named target ports, over 100 endpoints, dual stack",
        [18] = "Running taken for Ready",
        [19] = "two policies for one Service",
        [20] = "empty data published as zero endpoints",
        [21] = "capabilities without root are zero; memlock on old kernels",
        [22] = "a port that clashes with node_exporter",
        [23] = "watch that ends silently on 410; leader election that dies on one network error",
        [24] = "a hung pod is invisible: no completions, so no samples, so it stays in",
        [25] = "kubelet probes make an unselected slow pod look fast",
        [26] = "retransmitted duplicates and deferred accept corrupt a socket's state",
        [27] = "a slow reader makes a pod look slow",
        [28] = "100-continue, TLS handshake, HTTP/2 PING look like fast answers",
        [29] = "local traffic policies drop packets when no local endpoint is ready",
        [30] = "one endpoint without a hint switches topology routing off",
        [31] = "the same address in two slices with different `ready`",
        [32] = "the policy as the slices' owner: deletion is an outage",
        [33] = "routers that read `serving`",
        [34] = "a paused old leader wakes up and writes",
        [35] = "uninstall removes RBAC before the finalizers ran",
        [36] = "status written every interval loads the API server",
        [37] = "an exploring trial every 30 s ruins the very p99 that was gained",
        [49] = "a pod that accepts and never answers is invisible where the kernel offers no iterator",
    };

    public static TheoryData<int> CoveredRows => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(CoveredRows))]
    public void Row_OfTheCatalogue_HasATestThatNamesIt(int row) =>
        Assert.True(Tests(row).Any(), $"No test carries [Trait(\"{Name}\", \"{row}\")]: {Rows[row]}.");

    [Fact]
    public void Traits_InUse_NameRowsThatExist()
    {
        var unknown = Traits().Select(t => t.Value).Distinct()
            .Where(v => !int.TryParse(v, CultureInfo.InvariantCulture, out var row) || !Rows.ContainsKey(row));
        Assert.Empty(unknown);
    }

    private static IEnumerable<string> Tests(int row) =>
        Traits().Where(t => t.Value == row.ToString(CultureInfo.InvariantCulture)).Select(t => t.Test);

    /// <summary>Every test method of every stage with each of its catalogue traits, its class's included.</summary>
    private static IEnumerable<(string Test, string Value)> Traits() =>
        from type in TestSources.Types()
        from method in type.Members.OfType<MethodDeclarationSyntax>()
        where TestSources.IsTest(method)
        from trait in TestSources.Attributes(method, "Trait").Concat(TestSources.Attributes(type, "Trait"))
        where trait[0] == Name
        select ($"{type.Identifier}.{method.Identifier}", trait[1]);
}
