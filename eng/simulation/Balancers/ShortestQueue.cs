namespace Aviator.Simulation;

/// <summary>
/// The engine in which the fewest requests wait, and among these the one whose cache has most room; chance among equals. It knows both at
/// the moment of each request, which no endpoint picker does: it says what there is to win by queues.
/// </summary>
internal sealed class ShortestQueue(Random random) : IBalancer
{
    public SimulatedPod Choose(SimulatedPod[] pods, int client, double now)
    {
        var (best, equals) = (pods[0], 1);
        foreach (var pod in pods.AsSpan(1))
        {
            var order = Load(pod).CompareTo(Load(best));
            if (order < 0) (best, equals) = (pod, 1);
            else if (order == 0 && random.Next(++equals) == 0) best = pod;
        }

        return best;
    }

    private static (int Waiting, double CacheUse) Load(SimulatedPod pod) => (pod.Engine!.Waiting, pod.Engine.CacheUse);
}
