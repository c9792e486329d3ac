namespace Aviator.Controller.Readers;

/// <summary>Progressive delivery: controllers that write the selectors of the Services they are given.</summary>
internal static class DeliveryReaders
{
    /// <summary>An Argo Rollout: it writes the selectors of the Services that it names.</summary>
    public static Reader Rollout(ForeignObject rollout)
    {
        var strategy = rollout.Spec.Child("strategy");
        var (blueGreen, canary) = (strategy.Child("blueGreen"), strategy.Child("canary"));
        string[] services =
        [
            blueGreen.Text("activeService"), blueGreen.Text("previewService"),
            canary.Text("stableService"), canary.Text("canaryService"),
            canary.Text("pingPong", "pingService"), canary.Text("pingPong", "pongService"),
        ];
        var named = services.Where(service => service.Length > 0).ToHashSet(StringComparer.Ordinal);
        return new(
            ReaderNames.Argo,
            $"Rollout {rollout.Path}",
            "Argo Rollouts writes the Service's selector itself and rejects a rollout when it finds another key in it",
            service => service.Namespace == rollout.Namespace && named.Contains(service.Name));
    }

    /// <summary>A Flagger Canary: it creates and overwrites the Services of its target.</summary>
    public static Reader Canary(ForeignObject canary)
    {
        var service = canary.Spec.Text("service", "name") is { Length: > 0 } given ? given : canary.Spec.Text("targetRef", "name");
        string[] named = service.Length > 0 ? [service, $"{service}-primary", $"{service}-canary"] : [];
        return new(
            ReaderNames.Flagger,
            $"Canary {canary.Path}",
            "Flagger overwrites the Service's selector",
            candidate => candidate.Namespace == canary.Namespace && named.Contains(candidate.Name, StringComparer.Ordinal));
    }
}
