using Aviator.Core.Slices;

namespace Aviator.Kubernetes;

/// <summary>The labels by which Kubernetes tells whose an EndpointSlice is.</summary>
public static class SliceLabels
{
    /// <inheritdoc cref="CopiedLabels.ServiceName"/>
    public const string ServiceName = CopiedLabels.ServiceName;

    /// <inheritdoc cref="CopiedLabels.ManagedBy"/>
    public const string ManagedBy = CopiedLabels.ManagedBy;
}
