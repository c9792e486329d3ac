namespace Aviator.Agent.Steering;

/// <summary>What a slot says of the draws that hit it, in both tables that it is a column of.</summary>
/// <param name="Own">Of 2^32 draws among all endpoints, those that stay.</param>
/// <param name="Alias">Who gets the others.</param>
/// <param name="PeersFirst">The first of its peers.</param>
/// <param name="Peers">How many they are, at least 1.</param>
/// <param name="PeerOwn">Of 2^32 draws among its peers, those that stay.</param>
/// <param name="PeerAlias">Who gets the others.</param>
internal readonly record struct DrawColumn(uint Own, uint Alias, uint PeersFirst, uint Peers, uint PeerOwn, uint PeerAlias)
{
    /// <summary>
    /// A column for each target. The first draw of a connect is among all, which gives each version what its targets weigh together; the
    /// second is among the peers of the first, so that the less loaded of two is of the same version. Without a canary all are peers.
    /// </summary>
    /// <param name="targets">At least one; those of the canary last.</param>
    internal static DrawColumn[] Build(ReadOnlySpan<Target> targets)
    {
        var weights = new uint[targets.Length];
        for (var i = 0; i < weights.Length; i++) weights[i] = targets[i].Weight;
        var split = 0;
        while (split < targets.Length && !targets[split].Canary) split++;
        var all = AliasTable.Build(weights);
        var columns = new DrawColumn[targets.Length];
        if (split == 0 || split == targets.Length) Fill(columns, all, all, 0);
        else
        {
            Fill(columns, all, AliasTable.Build(weights.AsSpan(..split)), 0);
            Fill(columns, all, AliasTable.Build(weights.AsSpan(split..)), split);
        }

        return columns;
    }

    private static void Fill(DrawColumn[] columns, (uint Own, uint Alias)[] all, (uint Own, uint Alias)[] peers, int first)
    {
        for (var i = 0; i < peers.Length; i++)
            columns[first + i] = new(
                all[first + i].Own, all[first + i].Alias, (uint)first, (uint)peers.Length, peers[i].Own, (uint)first + peers[i].Alias);
    }
}
