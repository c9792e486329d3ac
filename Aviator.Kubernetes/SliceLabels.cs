namespace Aviator.Kubernetes;

/// <summary>The labels by which Kubernetes tells whose an EndpointSlice is.</summary>
public static class SliceLabels
{
    /// <summary>Its value is the name of the Service that the slice is of.</summary>
    public const string ServiceName = "kubernetes.io/service-name";

    /// <summary>Its value is the name of the controller that writes the slice.</summary>
    public const string ManagedBy = "endpointslice.kubernetes.io/managed-by";
}
