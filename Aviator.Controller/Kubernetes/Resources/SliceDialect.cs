using Aviator.Kubernetes;

namespace Aviator.Controller.Kubernetes.Resources;

/// <summary>The version of EndpointSlice that the server at hand speaks.</summary>
/// <param name="Kind">Its address.</param>
internal sealed record SliceDialect(ResourceKind Kind)
{
    public const string Group = "discovery.k8s.io";

    public static SliceDialect V1 { get; } = new(new ResourceKind(Group, "v1", "endpointslices"));

    /// <summary>1.20 and before: node and zone live in a topology map; serving, terminating, hints and the node's name are dropped on the way in.</summary>
    public static SliceDialect V1Beta1 { get; } = new(new ResourceKind(Group, "v1beta1", "endpointslices"));

    public bool IsBeta => Kind.Version != "v1";

    /// <summary>Asks the server which version it has; v1 is preferred.</summary>
    /// <exception cref="NotSupportedException">The server has no EndpointSlices at all.</exception>
    public static async Task<SliceDialect> DetectAsync(ApiConnection connection, CancellationToken cancellationToken)
    {
        var versions = await ApiGroups.VersionsAsync(connection, Group, cancellationToken).ConfigureAwait(false);
        return versions.Contains("v1") ? V1
            : versions.Contains("v1beta1") ? V1Beta1
            : throw new NotSupportedException($"The API server serves neither v1 nor v1beta1 of {Group}; Kubernetes 1.17 or later is needed.");
    }
}
