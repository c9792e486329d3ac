using Aviator.Kubernetes;

namespace Aviator.Controller.Autoscaling;

/// <summary>What a path asks for.</summary>
internal abstract record AutoscalingRoute
{
    /// <summary>The API group.</summary>
    public const string Group = "external.metrics.k8s.io";

    /// <summary>The group with its version.</summary>
    public const string GroupVersion = $"{Group}/v1beta1";

    /// <summary>Reads a path.</summary>
    /// <returns>Null when nothing is there.</returns>
    public static AutoscalingRoute? Of(string path) => path.Split('/') switch
    {
        ["", "apis", Group] => new GroupRoute(),
        ["", "apis", Group, "v1beta1"] => new VersionRoute(),
        ["", "apis", Group, "v1beta1", "namespaces", { Length: > 0 } ns, var metric] when ExternalMetric.Find(metric) is { } found =>
            new MetricRoute(ns, found),
        ["", "autoscaling", "v1", "namespaces", { Length: > 0 } ns, "services", { Length: > 0 } service] =>
            new ServiceRoute(new(ns, service)),
        ["", "analysis", "v1", "namespaces", { Length: > 0 } ns, "services", { Length: > 0 } service] =>
            new AnalysisRoute(new(ns, service)),
        _ => null,
    };
}

/// <summary>Discovery: the group. It says nothing of anybody's Services, so whoever is known may read it.</summary>
internal sealed record GroupRoute : AutoscalingRoute;

/// <summary>Discovery: the metrics of the version; open likewise.</summary>
internal sealed record VersionRoute : AutoscalingRoute;

/// <summary>Figures, for who may read them.</summary>
internal abstract record FiguresRoute : AutoscalingRoute
{
    /// <summary>The right that it takes.</summary>
    public abstract AccessTarget Target { get; }
}

/// <summary>One metric of the Services of a namespace.</summary>
internal sealed record MetricRoute(string Namespace, ExternalMetric Metric) : FiguresRoute
{
    /// <inheritdoc/>
    public override AccessTarget Target => new(Namespace, "list", Group, Metric.Name);
}

/// <summary>Whether one version of the program behind a Service is worse than another: it takes the right to its figures.</summary>
internal sealed record AnalysisRoute(ObjectKey Service) : FiguresRoute
{
    /// <inheritdoc/>
    public override AccessTarget Target => new(Service.Namespace, "get", AviatorNames.Group, AviatorNames.Plural);
}

/// <summary>All figures of one Service: the policy's status has nearly the same, so it takes the same right.</summary>
internal sealed record ServiceRoute(ObjectKey Service) : FiguresRoute
{
    /// <inheritdoc/>
    public override AccessTarget Target => new(Service.Namespace, "get", AviatorNames.Group, AviatorNames.Plural);
}
