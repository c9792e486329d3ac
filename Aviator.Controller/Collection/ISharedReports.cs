using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>
/// The nodes' reports as the agents share them with every controller. Whatever it does not have, the agents are asked for one by one
/// (<see cref="AgentPuller"/>); both hand what they get to the same sink, which takes each report once.
/// </summary>
internal interface ISharedReports
{
    /// <summary>
    /// Why not all of the shared state can be used, in a sentence without its full stop; null while it can, or while nothing is shared.
    /// </summary>
    string? Fault { get; }

    /// <summary>Whether the node's newest report came from here, so that its agent need not be asked.</summary>
    bool Covers(string node);

    /// <summary>Reads until cancelled.</summary>
    /// <param name="sink">Takes each report as it comes.</param>
    /// <param name="shortestInterval">The shortest evaluation interval at present.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task RunAsync(Action<NodeReport> sink, Func<TimeSpan> shortestInterval, CancellationToken cancellationToken);
}

/// <summary>Nothing is shared: every agent is asked.</summary>
internal sealed class NoSharedReports : ISharedReports
{
    /// <inheritdoc/>
    public string? Fault => null;

    /// <inheritdoc/>
    public bool Covers(string node) => false;

    /// <inheritdoc/>
    public Task RunAsync(Action<NodeReport> sink, Func<TimeSpan> shortestInterval, CancellationToken cancellationToken) =>
        Task.Delay(Timeout.Infinite, cancellationToken);
}
