namespace Aviator.Simulation;

/// <summary>One request. The simulator uses the objects again: nothing may keep one after it has ended.</summary>
internal sealed class SimulatedRequest
{
    public SimulatedPod Pod { get; set; } = null!;

    /// <summary>Which client sent it.</summary>
    public int Client { get; set; }

    /// <summary>When it was sent, in seconds.</summary>
    public double Came { get; set; }

    /// <summary>The pod's requests in flight when it came, itself apart.</summary>
    public int RifBefore { get; set; }

    /// <summary>The pod had too many in flight and refuses it.</summary>
    public bool Refused { get; set; }

    /// <summary>Its client has given it up; the pod may still be working on it.</summary>
    public bool Abandoned { get; set; }

    /// <summary>Tokens of its prompt; 0 where the pod is no inference engine.</summary>
    public int Prompt { get; set; }

    /// <summary>Tokens of its answer.</summary>
    public int Answer { get; set; }

    /// <summary>Its first token is there.</summary>
    public bool Begun { get; set; }

    /// <summary>Tells the uses of one object apart.</summary>
    public long Serial { get; set; }

    /// <summary>The neighbours in the pod's list of requests in flight.</summary>
    public SimulatedRequest? Older { get; set; }

    public SimulatedRequest? Newer { get; set; }
}
