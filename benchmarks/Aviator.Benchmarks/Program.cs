using Aviator.Benchmarks;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

if (args is ["memory"])
{
    KeptMemory.Print();
    return 0;
}

// In this process: a benchmark needs no project of its own to be generated and restored, and runs what `make bench` has built.
var job = Job.Default
    .WithToolchain(InProcessEmitToolchain.Instance)
    .WithIterationTime(TimeInterval.FromMilliseconds(250))
    .WithWarmupCount(4)
    .WithIterationCount(12);
var config = DefaultConfig.Instance.AddJob(job).AddColumn(StatisticColumn.Min, StatisticColumn.Median).WithArtifactsPath("artifacts/bench");
var summaries = BenchmarkSwitcher.FromAssembly(typeof(DecisionBenchmarks).Assembly)
    .Run(args.Length == 0 ? ["--filter", "*"] : args, config);
return summaries.All(summary => summary.Reports.All(report => report.Success)) ? 0 : 1;
