namespace Aviator.Controller.Autoscaling;

/// <summary>Who asks, as Kubernetes knows users.</summary>
/// <param name="User">The user's name.</param>
/// <param name="Uid">The user's UID; null when none was given.</param>
/// <param name="Groups">The user's groups.</param>
/// <param name="Extra">What else the authenticator said; some authorizers judge by it.</param>
internal sealed record Caller(
    string User, string? Uid, IReadOnlyList<string> Groups, IReadOnlyDictionary<string, IReadOnlyList<string>> Extra);

/// <summary>Whether a request goes on, and for whom.</summary>
/// <param name="Status">200, or the HTTP status of the refusal.</param>
/// <param name="Reason">Why it is refused, in a sentence; empty when it is not. It repeats nothing of a token.</param>
/// <param name="Caller">Who asks; null when refused before that is known.</param>
internal sealed record Admission(int Status, string Reason, Caller? Caller = null)
{
    /// <summary>Whether it goes on.</summary>
    public bool IsAdmitted => Status == StatusCodes.Status200OK;

    /// <summary>Whether asking again soon could bring nothing else.</summary>
    public bool IsCertain => Status != StatusCodes.Status503ServiceUnavailable;

    /// <summary>It goes on.</summary>
    public static Admission For(Caller caller) => new(StatusCodes.Status200OK, "", caller);

    /// <summary>Nobody can be asked at this moment; never taken for a yes.</summary>
    public static Admission Unknown(string reason) => new(StatusCodes.Status503ServiceUnavailable, reason);
}
