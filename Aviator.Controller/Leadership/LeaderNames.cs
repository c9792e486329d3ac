namespace Aviator.Controller.Leadership;

/// <summary>Names of holders of the Lease as people know them. Pure.</summary>
internal static class LeaderNames
{
    private const int RandomEnd = 8;

    /// <summary>
    /// The replica's name: a holder's own is by default the pod's name, an underscore and a random end, and no pod's name has an
    /// underscore.
    /// </summary>
    /// <param name="holder">The holder; null when there is none.</param>
    public static string? Replica(string? holder)
    {
        var end = holder?.LastIndexOf('_') ?? -1;
        return end > 0 && holder!.Length - end - 1 == RandomEnd ? holder[..end] : holder;
    }
}
