using Aviator.Core.Measurement;

namespace Aviator.Agent.Engines;

/// <summary>
/// What the engines call the figures that are read, and where they serve them. Of several names the first that an answer has is read:
/// they are those of older versions, or of an engine without a certain backend.
/// </summary>
/// <param name="Waiting">Requests that wait for a place in the batch.</param>
/// <param name="CacheUse">Share of the key-value cache in use, 0 to 1; empty where the engine has none.</param>
/// <param name="Port">The port of the metrics; null: the one that serves requests.</param>
/// <param name="Path">Their path.</param>
internal sealed record EngineGauges(IReadOnlyList<EngineGauge> Waiting, IReadOnlyList<EngineGauge> CacheUse, int? Port, string Path)
{
    private const string Usual = "/metrics";

    private static readonly EngineGauges Vllm = new(
        [new("vllm:num_requests_waiting")], [new("vllm:kv_cache_usage_perc"), new("vllm:gpu_cache_usage_perc")], null, Usual);

    /// <summary>With scheduling by priority there is a row for each priority beside the one for all.</summary>
    private static readonly EngineGauges Sglang = new(
        [new("sglang:num_queue_reqs", "priority")], [new("sglang:token_usage")], null, Usual);

    private static readonly EngineGauges TrtllmServe = new(
        [new("trtllm_num_requests_waiting")], [new("trtllm_kv_cache_utilization")], null, "/prometheus/metrics");

    /// <summary>The backend for TensorRT-LLM has a queue of its own; without it Triton's count of pending requests is read.</summary>
    private static readonly EngineGauges Triton = new(
        [new("nv_trt_llm_request_metrics", "request_type", "waiting"), new("nv_inference_pending_request_count")],
        [new("nv_trt_llm_kv_cache_block_metrics", "kv_cache_block_type", "fraction")], 8002, Usual);

    /// <summary>Those of an engine.</summary>
    public static EngineGauges Of(InferenceEngine engine) => engine switch
    {
        InferenceEngine.SGLang => Sglang,
        InferenceEngine.TensorRTLLM => TrtllmServe,
        InferenceEngine.Triton => Triton,
        _ => Vllm,
    };
}
