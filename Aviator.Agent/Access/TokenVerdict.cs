namespace Aviator.Agent.Access;

/// <summary>What a token is worth here.</summary>
internal enum TokenStanding
{
    /// <summary>It is valid and its user is let in.</summary>
    Allowed,

    /// <summary>It is valid and its user is not among those let in.</summary>
    NotAllowed,

    /// <summary>The API server does not know it, or not for this audience.</summary>
    Invalid,

    /// <summary>Nobody could be asked; never taken for a yes.</summary>
    Unknown,
}

/// <summary>The verdict on one token.</summary>
/// <param name="Standing">What it is worth.</param>
/// <param name="User">Its user; null unless it is valid.</param>
/// <param name="Reason">Why, and what to fix; it repeats nothing of the token.</param>
internal sealed record TokenVerdict(TokenStanding Standing, string? User, string Reason)
{
    /// <summary>Whether asking again soon could bring nothing else: a verdict worth remembering.</summary>
    public bool IsRefusal => Standing is TokenStanding.NotAllowed or TokenStanding.Invalid;
}
