namespace Aviator.Core.Slices;

/// <summary>
/// The labels of an EndpointSlice, as Kubernetes' own controller has them: all of its Service's, and three of its own that a Service cannot
/// set. Readers of slices find them by either.
/// </summary>
internal static class CopiedLabels
{
    /// <summary>Its value is the name of the Service that the slice is of.</summary>
    public const string ServiceName = "kubernetes.io/service-name";

    /// <summary>Its value is the name of the controller that writes the slice.</summary>
    public const string ManagedBy = "endpointslice.kubernetes.io/managed-by";

    /// <summary>Set, and empty, on slices of a headless Service.</summary>
    public const string Headless = "service.kubernetes.io/headless";

    /// <summary>What the slices of a Service carry beside <see cref="ServiceName"/> and <see cref="ManagedBy"/>.</summary>
    public static LabelSet Of(ServiceShape service)
    {
        var copied = Beside(service.Labels).Without(Headless);
        return service.Headless ? new LabelSet([.. copied.All, new(Headless, "")]) : copied;
    }

    /// <summary>What a slice carries beside <see cref="ServiceName"/> and <see cref="ManagedBy"/>.</summary>
    public static LabelSet Beside(LabelSet labels) => labels.Without(ServiceName).Without(ManagedBy);
}
