using Aviator.Core.Slices;

namespace Aviator.Kubernetes;

/// <summary>
/// Every name of Aviator's API that a cluster gets to see, and the defaults that agent and controller must share. Where the pure core needs
/// a name itself, its constant is repeated here by reference, so each value stands in one place.
/// </summary>
public static class AviatorNames
{
    /// <summary>API group of the policies.</summary>
    public const string Group = "aviator.example.com";

    /// <summary>API version within the group.</summary>
    public const string Version = "v1alpha1";

    /// <summary><c>apiVersion</c> of a policy.</summary>
    public const string ApiVersion = $"{Group}/{Version}";

    /// <summary>Kind of a policy.</summary>
    public const string Kind = "AviatorPolicy";

    /// <summary>Resource name of the policies in the API server's paths.</summary>
    public const string Plural = "aviatorpolicies";

    /// <summary>Name of the CustomResourceDefinition.</summary>
    public const string Definition = $"{Plural}.{Group}";

    /// <summary>Domain of all labels, annotations, keys and finalizers.</summary>
    public const string Domain = "aviator.io";

    /// <summary>Finalizer of a policy whose Service may be steered, so that deleting the policy hands the Service back first.</summary>
    public const string Finalizer = $"{Domain}/release";

    /// <summary>Selector key of a steered Service.</summary>
    public const string SteeredKey = ServiceShape.SteeredKey;

    /// <summary>Label of a twin Service; its value is the name of the Service that it is the twin of.</summary>
    public const string TwinOfLabel = TwinNames.Label;

    /// <summary>
    /// Annotation of an own slice: the rows (by index) that the decision keeps out, such as <c>0,3</c>; absent when there are none.
    /// </summary>
    public const string UnselectedAnnotation = $"{Domain}/unselected";

    /// <summary>Annotation of an own slice: the circuit breakers of its rows; absent when all are Closed.</summary>
    public const string BreakersAnnotation = $"{Domain}/breakers";

    /// <summary>
    /// Annotation of a policy that allows readers of its Service which steering would break: their names separated by commas
    /// (<c>prometheus,argo-rollouts,flagger,mesh,aws-load-balancer</c>), or <c>*</c>.
    /// </summary>
    public const string AllowReadersAnnotation = $"{Domain}/allow-readers";

    /// <summary>Annotation of an Event: the trace of its latest occurrence.</summary>
    public const string TraceAnnotation = $"{Domain}/trace-id";

    /// <summary>Reporting component of Events.</summary>
    public const string ReportingComponent = $"{Domain}/controller";

    /// <summary>Value of the label <c>endpointslice.kubernetes.io/managed-by</c> of own slices.</summary>
    public const string SliceManager = Slice.OwnManager;

    /// <summary>Field manager of all writes: the name that a conflict of server-side apply shows to a user.</summary>
    public const string FieldManager = "aviator";

    /// <summary>Value of the labels <c>app.kubernetes.io/name</c> and <c>app.kubernetes.io/managed-by</c> of created objects.</summary>
    public const string Application = TwinNames.Manager;

    /// <summary>Default name of the controllers' Lease.</summary>
    public const string LeaseName = "aviator-controller";

    /// <summary>Default of <c>spec.probe.path</c>.</summary>
    public const string DefaultProbePath = "/";

    /// <summary>The policies, as the API server's paths name them.</summary>
    public static ResourceKind Policies { get; } = new(Group, Version, Plural);
}
