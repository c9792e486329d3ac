namespace Aviator.Simulation;

/// <summary>What happens, and when. Events of the same time come in the order of their numbers.</summary>
internal readonly record struct SimulatedEvent(double At, long Number, EventKind Kind, SimulatedRequest? Request)
{
    public bool IsBefore(in SimulatedEvent other) => At < other.At || (At == other.At && Number < other.Number);
}

internal enum EventKind
{
    Arrival,
    Completion,
    Report,
    Evaluate,
    Apply,
    Order,
    OrderArrives,
}

/// <summary>A heap with four children per node: most of a simulation's time is spent in it.</summary>
internal sealed class EventQueue
{
    private const int Children = 4;
    private SimulatedEvent[] _heap = new SimulatedEvent[256];

    public int Count { get; private set; }

    public ref readonly SimulatedEvent Next => ref _heap[0];

    public void Add(in SimulatedEvent item)
    {
        if (Count == _heap.Length) Array.Resize(ref _heap, 2 * Count);
        var (heap, hole) = (_heap, Count++);
        while (hole > 0)
        {
            var parent = (hole - 1) / Children;
            if (!item.IsBefore(heap[parent])) break;
            heap[hole] = heap[parent];
            hole = parent;
        }

        heap[hole] = item;
    }

    public SimulatedEvent Take()
    {
        var (heap, first) = (_heap, _heap[0]);
        var last = heap[--Count];
        heap[Count] = default;
        if (Count == 0) return first;
        var hole = 0;
        for (var child = 1; child < Count; child = (Children * hole) + 1)
        {
            var least = child;
            var end = Math.Min(child + Children, Count);
            for (var other = child + 1; other < end; other++)
                if (heap[other].IsBefore(heap[least]))
                    least = other;
            if (!heap[least].IsBefore(last)) break;
            heap[hole] = heap[least];
            hole = least;
        }

        heap[hole] = last;
        return first;
    }
}
