namespace Aviator.Kubernetes;

/// <summary>Annotations of a Service by which other programs say that they read its endpoints.</summary>
public static class ReaderAnnotations
{
    /// <summary>What scrape configurations of Prometheus commonly look for, with the role endpoints; "true" asks for it.</summary>
    public const string PrometheusScrape = "prometheus.io/scrape";

    /// <summary>What asks GKE for a network endpoint group: a JSON object.</summary>
    public const string GkeGroup = "cloud.google.com/neg";

    /// <summary>What GKE writes of the groups that it keeps.</summary>
    public const string GkeGroupStatus = "cloud.google.com/neg-status";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [PrometheusScrape, GkeGroup, GkeGroupStatus];
}
