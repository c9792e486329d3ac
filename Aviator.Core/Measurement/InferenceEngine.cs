namespace Aviator.Core.Measurement;

/// <summary>A server of models whose own figures an agent can read (spec.engine.type).</summary>
public enum InferenceEngine
{
    /// <summary>vLLM.</summary>
    VLLM,

    /// <summary>SGLang.</summary>
    SGLang,

    /// <summary>TensorRT-LLM's own server, trtllm-serve.</summary>
    TensorRTLLM,

    /// <summary>Triton, with the backend for TensorRT-LLM or without it.</summary>
    Triton,
}

/// <summary>The engines by the words that a policy has for them. Agent and controller read the same list.</summary>
public static class InferenceEngines
{
    /// <summary>All, each with its word.</summary>
    public static IReadOnlyList<(string Word, InferenceEngine Engine)> All { get; } =
    [
        ("vLLM", InferenceEngine.VLLM), ("SGLang", InferenceEngine.SGLang), ("TensorRTLLM", InferenceEngine.TensorRTLLM),
        ("Triton", InferenceEngine.Triton),
    ];

    /// <summary>The engine of that word; null when there is none.</summary>
    public static InferenceEngine? Find(string? word)
    {
        foreach (var (known, engine) in All)
            if (known == word)
                return engine;
        return null;
    }
}
