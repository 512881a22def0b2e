using System.Diagnostics;

namespace Steward.Engines.Inference.Tests;

public sealed class WithoutLibraryTests
{
    [Fact]
    public async Task Engine_WithoutTheNativeLibrary_AnswersNotAvailableAndTheProcessLives()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", ["exec", typeof(WithoutLibrary).Assembly.Location])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["STEWARD_ONNXRUNTIME"] = "/nonexistent/libonnxruntime.so.1" },
        };
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
        await process.WaitForExitAsync(patience.Token);

        Assert.Equal((0, ""), (process.ExitCode, await errors));
        var lines = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(["classify NotAvailable", "classify NotAvailable", "classify NotAvailable", "embed NotAvailable", "rerank NotAvailable", "publish NotAvailable"], lines[..^1]);
        Assert.StartsWith("not available (STEWARD_ONNXRUNTIME names /nonexistent/", lines[^1], StringComparison.Ordinal);
    }
}
