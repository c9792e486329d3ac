namespace Aviator.Tests.Unit.Agent;

/// <summary>Metrics as the engines serve them: a part of each, with rows beside the wanted ones that are easily taken for them.</summary>
internal static class EngineTexts
{
    public const string Vllm = """
        # HELP python_gc_objects_collected_total Objects collected during gc
        # TYPE python_gc_objects_collected_total counter
        python_gc_objects_collected_total{generation="0"} 11364.0
        # HELP vllm:num_requests_running Number of requests in model execution batches.
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running{engine="0",model_name="Qwen/Qwen3-8B"} 16.0
        # HELP vllm:num_requests_waiting Number of requests waiting to be processed.
        # TYPE vllm:num_requests_waiting gauge
        vllm:num_requests_waiting{engine="0",model_name="Qwen/Qwen3-8B"} 7.0
        # TYPE vllm:num_requests_waiting_by_reason gauge
        vllm:num_requests_waiting_by_reason{engine="0",model_name="Qwen/Qwen3-8B",reason="capacity"} 99.0
        # TYPE vllm:kv_cache_usage_perc gauge
        vllm:kv_cache_usage_perc{engine="0",model_name="Qwen/Qwen3-8B"} 0.4321
        # TYPE vllm:time_to_first_token_seconds histogram
        vllm:time_to_first_token_seconds_bucket{engine="0",le="0.001",model_name="Qwen/Qwen3-8B"} 0.0
        vllm:time_to_first_token_seconds_bucket{engine="0",le="+Inf",model_name="Qwen/Qwen3-8B"} 812.0
        """;

    /// <summary>Two engines behind one port (data parallel), and the cache's name of older versions.</summary>
    public const string VllmOfTwoEngines = """
        vllm:num_requests_waiting{engine="0",model_name="m"} 3.0
        vllm:num_requests_waiting{engine="1",model_name="m"} 5.0
        vllm:gpu_cache_usage_perc{engine="0",model_name="m"} 0.9
        vllm:gpu_cache_usage_perc{engine="1",model_name="m"} 0.5
        """;

    /// <summary>With scheduling by priority, which has a row for each beside the one for all.</summary>
    public const string Sglang = """
        # HELP sglang:num_queue_reqs The number of requests in the waiting queue.
        # TYPE sglang:num_queue_reqs gauge
        sglang:num_queue_reqs{engine_type="unified",model_name="meta-llama/Llama-3.1-8B",pp_rank="0",priority="",tp_rank="0"} 12.0
        sglang:num_queue_reqs{engine_type="unified",model_name="meta-llama/Llama-3.1-8B",pp_rank="0",priority="1",tp_rank="0"} 4.0
        sglang:num_queue_reqs{engine_type="unified",model_name="meta-llama/Llama-3.1-8B",pp_rank="0",priority="2",tp_rank="0"} 8.0
        # TYPE sglang:token_usage gauge
        sglang:token_usage{engine_type="unified",model_name="meta-llama/Llama-3.1-8B",pp_rank="0",tp_rank="0"} 0.28
        """;

    public const string TrtllmServe = """
        # TYPE trtllm_num_requests_waiting gauge
        trtllm_num_requests_waiting{engine_type="trtllm",model_name="TinyLlama"} 2.0
        # TYPE trtllm_kv_cache_utilization gauge
        trtllm_kv_cache_utilization{engine_type="trtllm",model_name="TinyLlama"} 0.62
        # TYPE trtllm_kv_cache_hit_rate gauge
        trtllm_kv_cache_hit_rate{engine_type="trtllm",model_name="TinyLlama"} 0.1
        """;

    public const string TritonWithTensorRtLlm = """
        # HELP nv_inference_pending_request_count Instantaneous number of pending requests awaiting execution per-model.
        # TYPE nv_inference_pending_request_count gauge
        nv_inference_pending_request_count{model="ensemble",version="1"} 40
        nv_inference_pending_request_count{model="tensorrt_llm",version="1"} 40
        # TYPE nv_trt_llm_request_metrics gauge
        nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="waiting",version="1"} 9
        nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="scheduled",version="1"} 31
        nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="max",version="1"} 512
        # TYPE nv_trt_llm_kv_cache_block_metrics gauge
        nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="fraction",model="tensorrt_llm",version="1"} 0.75
        nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="used",model="tensorrt_llm",version="1"} 4679
        """;

    public const string Triton = """
        # TYPE nv_inference_pending_request_count gauge
        nv_inference_pending_request_count{model="resnet",version="1"} 3
        nv_inference_pending_request_count{model="whisper",version="1"} 2
        """;
}
