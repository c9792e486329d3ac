namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>The policies of the tests: quick to decide, so that a test takes seconds where a user's policy takes a minute.</summary>
internal static class PolicyText
{
    /// <summary>A policy for <paramref name="service"/>; <paramref name="spec"/> adds or replaces lines of the spec.</summary>
    public static string For(string service, string spec = "", string name = "policy") => $"""
        apiVersion: aviator.example.com/v1alpha1
        kind: AviatorPolicy
        metadata:
          name: {name}
        spec:
          targetRef:
            name: {service}
          evaluationInterval: 500ms
          measurement:
            window: 3s
        {Indent(spec)}
        """;

    private static string Indent(string lines) => string.Join('\n', lines.Split('\n').Select(l => "  " + l));
}
