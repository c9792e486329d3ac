using Xunit;

namespace Aviator.Tests.Fixtures.Monitoring;

/// <summary>One query of a dashboard.</summary>
/// <param name="Panel">The title of its panel.</param>
/// <param name="Expression">PromQL with Grafana's variables in it.</param>
/// <param name="Legend">How its series are named; "" for what Grafana makes of them.</param>
internal sealed record DashboardQuery(string Panel, string Expression, string Legend)
{
    /// <summary>
    /// What Grafana would send: all values of each variable, and a range of fifteen scrapes. Grafana's own range is at least four of them.
    /// </summary>
    public string Filled()
    {
        var filled = Expression
            .Replace("$__rate_interval", "15s", StringComparison.Ordinal)
            .Replace("$namespace", ".*", StringComparison.Ordinal)
            .Replace("$policy", ".*", StringComparison.Ordinal)
            .Replace("$instance", ".*", StringComparison.Ordinal);
        Assert.DoesNotContain('$', filled);
        return filled;
    }
}
