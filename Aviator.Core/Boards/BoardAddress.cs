namespace Aviator.Core.Boards;

/// <summary>Where a controller serves its board, for those who read it.</summary>
public static class BoardAddress
{
    /// <summary>The port on the loopback address of the controller's pod, unless its options say otherwise.</summary>
    public const int DefaultPort = 9467;

    /// <summary>
    /// The board as JSON: status 200 from the replica that leads, 503 with a board that names the leader from one that does not.
    /// </summary>
    public const string Path = "/board";

    /// <summary>
    /// Server-sent events: "board" with a whole board at first, then "update" with one without histories (they grow by the figures that an
    /// update carries). Status 503 while too many listen.
    /// </summary>
    public const string EventsPath = "/board/events";

    /// <summary>
    /// Takes an AviatorPolicy as JSON by POST, and answers what it would decide as a <see cref="SimulatedPolicy"/>; changes nothing. Status
    /// 503 from a replica that does not lead.
    /// </summary>
    public const string SimulationPath = "/simulation";
}
