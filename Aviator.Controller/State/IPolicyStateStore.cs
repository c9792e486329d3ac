using Aviator.Core.Decisions;

namespace Aviator.Controller.State;

/// <summary>Names a policy for as long as it lives: a policy created again under the same name starts without a state.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its UID.</param>
internal sealed record PolicyIdentity(string Namespace, string Name, string Uid);

/// <summary>
/// Keeps what a policy's next decision needs of the last one: breaker, dampening, exploration. A store that is away is no reason not to
/// decide: implementations answer within a short limit or throw <see cref="StateUnavailableException"/>, and the caller continues from
/// memory.
/// </summary>
internal interface IPolicyStateStore
{
    /// <summary>The state saved last; null when there is none.</summary>
    /// <exception cref="StateUnavailableException">The store cannot be asked now.</exception>
    ValueTask<PolicyState?> LoadAsync(PolicyIdentity policy, CancellationToken cancellationToken);

    /// <summary>Saves the state of the present leader's term.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="state">Its state.</param>
    /// <param name="term">Number of the leader's term; one older than a term that has written is refused.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when a later term has written.</returns>
    /// <exception cref="StateUnavailableException">The store cannot be asked now.</exception>
    ValueTask<bool> SaveAsync(PolicyIdentity policy, PolicyState state, long term, CancellationToken cancellationToken);

    /// <summary>
    /// This process begins to lead: what it holds itself of an earlier term is older than what others wrote since. A store that all
    /// replicas share has nothing to forget.
    /// </summary>
    void BeginTerm()
    {
    }

    /// <summary>Forgets a policy that is gone.</summary>
    /// <exception cref="StateUnavailableException">The store cannot be asked now.</exception>
    ValueTask RemoveAsync(PolicyIdentity policy, CancellationToken cancellationToken);
}

/// <summary>The store of states cannot be asked now.</summary>
internal sealed class StateUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
