using System.ComponentModel.DataAnnotations;

namespace Aviator.Agent.Access;

/// <summary>Who may read the measurements.</summary>
internal enum AccessMode
{
    /// <summary>Every client that reaches the port.</summary>
    Open,

    /// <summary>The named users, by a token that the API server vouches for.</summary>
    Token,
}

/// <summary>
/// Who may read <c>/latencies</c>, and who may order by <c>/steering</c>: section <c>Agent:Access</c>. The health
/// endpoints are open in every mode, because the kubelet has no token.
/// </summary>
internal sealed class AccessOptions : IValidatableObject
{
    /// <summary>Who may read the measurements.</summary>
    [EnumDataType(typeof(AccessMode), ErrorMessage = "Access:Mode is not one of open, token.")]
    public AccessMode Mode { get; set; } = AccessMode.Open;

    /// <summary>
    /// The audience that a token must be made for. One that is made for the API server is refused, so no client has to send the agent a
    /// token that opens more.
    /// </summary>
    [Required(ErrorMessage = "Access:Audience is empty: give the audience that the controller's token is made for, such as aviator-agent.")]
    public string Audience { get; set; } = "aviator-agent";

    /// <summary>
    /// Names of the users let in, separated by commas, such as <c>system:serviceaccount:aviator-system:aviator-controller</c>.
    /// </summary>
    public string Users { get; set; } = "";

    /// <summary>
    /// Those of <see cref="Users"/> that may also order, by <c>PUT /steering</c>, where this node's clients connect to; separated by
    /// commas. None by default: who may read is not asked to be trusted with that.
    /// </summary>
    public string Steerers { get; set; } = "";

    /// <summary>Whether <c>/metrics</c> is open to every client; else it takes the same tokens as <c>/latencies</c>.</summary>
    public bool OpenMetrics { get; set; } = true;

    /// <summary>
    /// Longest time that an approved token is taken without the API server's word: how long readers are let in while that is away.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan CacheFor { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Age of an approval at which the API server is asked again: how long a revoked token is taken at most while that answers.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan RecheckAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Time that a refused token is refused without asking again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan RefusedFor { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Approved tokens remembered at most, and as many refused ones; the oldest go first.</summary>
    [Range(16, 65536)]
    public int CacheSize { get; set; } = 1024;

    /// <summary>The users let in.</summary>
    public IReadOnlyList<string> AllowedUsers => Names(Users);

    /// <summary>The users that may order.</summary>
    public IReadOnlyList<string> AllowedSteerers => Names(Steerers);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Mode == AccessMode.Token && AllowedUsers.Count == 0)
            yield return new ValidationResult(
                "Access:Users is empty, so Access:Mode=token would refuse everyone: name the controller's user, "
                + "such as system:serviceaccount:aviator-system:aviator-controller.");
        if (Mode == AccessMode.Open && !OpenMetrics)
            yield return new ValidationResult("Access:OpenMetrics=false needs Access:Mode=token, because no token is checked otherwise.");
        foreach (var stranger in AllowedSteerers.Except(AllowedUsers))
            yield return new ValidationResult($"Access:Steerers names {stranger}, which is not among Access:Users.");
        if (RecheckAfter > CacheFor)
            yield return new ValidationResult(
                "Access:RecheckAfter is longer than Access:CacheFor, so approvals would end before they are renewed.");
    }

    private static string[] Names(string list) =>
        list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
