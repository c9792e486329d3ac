namespace Aviator.Controller.Boards;

/// <summary>How much the board holds, so that it stays small in memory whatever the cluster holds.</summary>
internal static class BoardLimits
{
    /// <summary>Evaluations that an endpoint's history reaches back.</summary>
    public const int History = 120;

    /// <summary>Endpoints of all policies together: with a full history each, about 20 MB.</summary>
    public const int Endpoints = 5000;

    /// <summary>Changes kept of each policy.</summary>
    public const int Decisions = 200;

    /// <summary>Listeners to events at a time.</summary>
    public const int Listeners = 16;

    /// <summary>Time between two boards at the least.</summary>
    public static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(250);

    /// <summary>Time after which a board is made although no policy changed: its nodes grow older.</summary>
    public static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);

    /// <summary>Time without an event after which a listener is sent a sign of life.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);
}
