using Aviator.Cli.Cluster;
using Aviator.Cli.Output;

namespace Aviator.Cli.Status;

/// <summary>All that <c>status</c> shows.</summary>
/// <param name="Controller">Which controller leads, in a sentence.</param>
/// <param name="IsLed">Whether one does, as far as one look can tell; null when the Lease may not be read, or nobody needs one.</param>
/// <param name="Policies">The policies.</param>
internal sealed record StatusReport(string Controller, bool? IsLed, IReadOnlyList<PolicyReport> Policies)
{
    /// <summary>A status is written at least so often where a policy is evaluated and anything of it moves.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Puts it together. Without a Lease, a policy that was evaluated just now tells of a controller without an election, as
    /// <c>make run</c> starts it.
    /// </summary>
    public static StatusReport Of(Leader leader, IReadOnlyList<PolicyReport> policies, DateTimeOffset now)
    {
        if (leader is { Hidden: null, Lease: null } && policies.Max(policy => policy.LastEvaluationTime) is { } last && now - last <= Fresh)
            return new($"a controller without an election decides: there is no Lease, and it evaluated {Words.Age(last, now)} ago", null,
                policies);
        return new(leader.Describe(now), leader.Hidden is null ? leader.Leads(now) : null, policies);
    }
}
