using System.Text;
using Aviator.Agent.Engines;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

/// <summary>What is read of an engine's metrics, and that nothing is read where they do not say it.</summary>
public sealed class EngineSampleTests
{
    [Theory]
    [InlineData(EngineTexts.Vllm, InferenceEngine.VLLM, 7, 0.4321)]
    [InlineData(EngineTexts.VllmOfTwoEngines, InferenceEngine.VLLM, 8, 0.7)]
    [InlineData(EngineTexts.Sglang, InferenceEngine.SGLang, 12, 0.28)]
    [InlineData(EngineTexts.TrtllmServe, InferenceEngine.TensorRTLLM, 2, 0.62)]
    [InlineData(EngineTexts.TritonWithTensorRtLlm, InferenceEngine.Triton, 9, 0.75)]
    [InlineData(EngineTexts.Triton, InferenceEngine.Triton, 5, null)]
    public void Read_MetricsOfAnEngine_AreItsQueueAndItsCache(string text, InferenceEngine engine, long waiting, double? cache)
    {
        var sample = Read(text, engine);

        Assert.Equal(waiting, sample!.Value.Waiting);
        Assert.Equal(cache, sample.Value.CacheUse is { } use ? Math.Round(use, 6) : null);
    }

    [Theory]
    [InlineData(EngineTexts.Sglang)]
    [InlineData(EngineTexts.Triton)]
    [InlineData("")]
    [InlineData("\n\n# TYPE vllm:num_requests_waiting gauge\n")]
    [InlineData("vllm:num_requests_waiting")]
    [InlineData("vllm:num_requests_waiting{")]
    [InlineData("vllm:num_requests_waiting{engine=\"0\"")]
    [InlineData("vllm:num_requests_waiting{engine=0} 3")]
    [InlineData("vllm:num_requests_waiting{engine=\"0\"} three")]
    [InlineData("vllm:num_requests_waiting 1e300")]
    [InlineData("vllm:num_requests_waiting -1")]
    [InlineData("vllm:num_requests_waiting NaN")]
    [InlineData("vllm:num_requests_waiting +Inf")]
    [InlineData("vllm:num_requests_waiting{engine=\"0\"} 3\nvllm:num_requests_waiting{engine=\"1\"} NaN")]
    [InlineData("<!doctype html><html><body>vllm:num_requests_waiting 3</body></html>")]
    [InlineData("[{\"numActiveRequests\": 2, \"numQueuedRequests\": 3}]")]
    public void Read_TextThatDoesNotSayHowManyWait_IsNoSample(string text) => Assert.Null(Read(text, InferenceEngine.VLLM));

    [Theory]
    [InlineData("vllm:num_requests_waiting 3 1700000000000", null)]
    [InlineData("vllm:num_requests_waiting\t3\r\nvllm:kv_cache_usage_perc 0\r\n", 0.0)]
    [InlineData("vllm:num_requests_waiting{} 3\nvllm:kv_cache_usage_perc 55.0", null)]
    [InlineData("vllm:num_requests_waiting{ model = \"a \\\" } b\", engine=\"0\", } 3.0e0\nvllm:kv_cache_usage_perc 1", 1.0)]
    public void Read_OtherFormsOfARow_AreRead(string text, double? cache)
    {
        var sample = Read(text, InferenceEngine.VLLM);

        Assert.Equal((3, cache), (sample!.Value.Waiting, sample.Value.CacheUse));
    }

    /// <summary>Whatever a server sends, it is a sample in range or none, and never an exception.</summary>
    [Fact]
    public void Read_AnswerWithChangedBytes_IsASampleOrNone()
    {
        var (text, random, read) = (Encoding.UTF8.GetBytes(EngineTexts.TritonWithTensorRtLlm), new Random(5), 0);
        for (var round = 0; round < 20_000; round++)
        {
            var changed = text.ToArray();
            for (var i = random.Next(1, 30); i > 0; i--) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            if (EngineSample.Read(changed.AsSpan(0, random.Next(changed.Length)), InferenceEngine.Triton) is not { } sample) continue;
            Assert.InRange(sample.Waiting, 0, long.MaxValue);
            Assert.InRange(sample.CacheUse ?? 0, 0, 1);
            read++;
        }

        Assert.InRange(read, 1, 19_999);
    }

    [Fact]
    public void Engines_EachHaveAWordAndFigures()
    {
        Assert.Equal(Enum.GetValues<InferenceEngine>(), InferenceEngines.All.Select(known => known.Engine));
        Assert.All(InferenceEngines.All, known => Assert.Equal(known.Engine, InferenceEngines.Find(known.Word)));
        Assert.Null(InferenceEngines.Find("vllm"));
        Assert.Equal(
            [(null, "/metrics"), (null, "/metrics"), (null, "/prometheus/metrics"), (8002, "/metrics")],
            Enum.GetValues<InferenceEngine>().Select(engine => (EngineGauges.Of(engine).Port, EngineGauges.Of(engine).Path)));
    }

    private static EngineSample? Read(string text, InferenceEngine engine) => EngineSample.Read(Encoding.UTF8.GetBytes(text), engine);
}
