using System.Runtime.InteropServices;
using Aviator.Agent.Bpf;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>The kernel program and C# put every latency into the same bucket.</summary>
[Trait("Catalogue", "14")]
public sealed unsafe partial class BucketTests
{
    [Fact]
    public void Bucket_InTheKernel_IsTheHistogramsBucket()
    {
        using var obj = BpfObject.Open("service_latency.bpf.o");
        obj.Load(new HashSet<string> { "bucket_check" });
        var program = obj.ProgramFd("bucket_check");
        foreach (var nanoseconds in Interesting())
            Assert.Equal((nanoseconds, HistogramLayout.IndexOf(nanoseconds)), (nanoseconds, KernelBucket(program, nanoseconds)));
    }

    /// <summary>Every bucket's edges, and values all over the range.</summary>
    private static IEnumerable<long> Interesting()
    {
        for (var bucket = 0; bucket < HistogramLayout.BucketCount; bucket++)
        {
            yield return HistogramLayout.LowerBound(bucket);
            yield return HistogramLayout.UpperBound(bucket) - 1;
        }

        var random = new Random(1);
        for (var i = 0; i < 1000; i++) yield return (long)Math.Exp(random.NextDouble() * 40);
    }

    private static int KernelBucket(int program, long nanoseconds)
    {
        var options = new RunOptions { Size = (nuint)sizeof(RunOptions), Context = &nanoseconds, ContextSize = sizeof(long) };
        if (Run(program, &options) != 0)
            throw new InvalidOperationException($"bpf_prog_test_run_opts: {Marshal.GetLastPInvokeErrorMessage()}");
        return (int)options.Result;
    }

    [LibraryImport("libbpf.so.1", EntryPoint = "bpf_prog_test_run_opts", SetLastError = true)]
    private static partial int Run(int program, RunOptions* options);

    /// <summary><c>struct bpf_test_run_opts</c> (bpf/bpf.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct RunOptions
    {
        internal nuint Size;
        internal void* DataIn;
        internal void* DataOut;
        internal uint DataSizeIn;
        internal uint DataSizeOut;
        internal void* Context;
        internal void* ContextOut;
        internal uint ContextSize;
        internal uint ContextSizeOut;
        internal uint Result;
        internal int Repeat;
        internal uint Duration;
        internal uint Flags;
        internal uint Cpu;
        internal uint BatchSize;
    }
}
