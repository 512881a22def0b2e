using Steward.Engines.Inference.Models;
using Steward.Engines.Inference.Sessions;

namespace Steward.Engines.Inference.Tests.Models;

/// <summary>What is wrong with a folder stays wrong; what a disk, a device or other models keep from being loaded is tried again.</summary>
public sealed class ModelFaultTests : IDisposable
{
    private readonly EngineUnderTest _engine = new(configure: null, "tiny-topics");
    private readonly DirectoryInfo _elsewhere = Directory.CreateTempSubdirectory("steward-models-");
    private readonly ShiftedTime _time = new();

    [NativeFact]
    public async Task Follow_FileIsLargerThanAllowed_IsRefusedAndTheOneBeforeAnswers()
    {
        var folder = Add("2", ModelExposure.Everyone, megabytes: 1);
        using var again = _engine.Again(options => options.MaxModelBytes = 1 << 20);

        await again.FollowAsync();

        Assert.Equal("1", await VersionAsync(again));
        var refused = Assert.Single(again.Engine.Models.Refused);
        Assert.Equal((Path.GetFileName(folder), true), (refused.Folder, refused.Reason.Contains("1048576 are allowed", StringComparison.Ordinal)));
        Assert.Equal(1, again.Engine.Status.RefusedFolders);
    }

    [NativeFact]
    public async Task Follow_LinkToAFile_ThatFileCounts()
    {
        var model = Path.Combine(Add("2", ModelExposure.Everyone, megabytes: 1), "model.onnx");
        var target = Path.Combine(_elsewhere.FullName, "blob");
        File.Move(model, target);
        File.CreateSymbolicLink(model, target);
        using var again = _engine.Again(options => options.MaxModelBytes = 1 << 20);

        await again.FollowAsync();
        Assert.Equal("1", await VersionAsync(again));
        Assert.Contains("1048576 are allowed", Assert.Single(again.Engine.Models.Refused).Reason, StringComparison.Ordinal);

        File.Copy(Path.Combine(EngineUnderTest.Tiny("tiny-topics"), "model.onnx"), target, overwrite: true);
        await again.FollowAsync();
        Assert.Equal("2", await VersionAsync(again));

        File.Delete(target);
        await again.FollowAsync();
        Assert.Equal("2", await VersionAsync(again));
        Assert.Contains("model.onnx is missing", Assert.Single(again.Engine.Models.Refused).Reason, StringComparison.Ordinal);
    }

    [NativeFact]
    public async Task Follow_LinearPartIsLargerInMemoryThanAllModelsMayUse_IsRefused()
    {
        var folder = Add("2", ModelExposure.Everyone);
        await File.WriteAllBytesAsync(Path.Combine(folder, "linear.bin"), EmptyLinear(classes: 3, bits: 20));
        using var small = _engine.Again(options => options.MemoryBytes = 14 << 20);
        using var large = _engine.Again(options => options.MemoryBytes = 18 << 20);

        await small.FollowAsync();
        await large.FollowAsync();

        Assert.Equal(("1", "2"), (await VersionAsync(small), await VersionAsync(large)));
        Assert.Contains("all models together may use 14 MiB", Assert.Single(small.Engine.Models.Refused).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tiny-topics\\n", "2")]
    [InlineData(".tiny", "2")]
    [InlineData("-tiny", "2")]
    [InlineData("tiny", "2\\n")]
    public void Add_NameThatCannotBeServed_IsRefused(string name, string version)
    {
        var refused = Assert.Throws<ModelRefusedException>(() => Add(version, ModelExposure.Everyone, name: name));

        Assert.Contains("name and version must be", refused.Message, StringComparison.Ordinal);
    }

    [NativeFact]
    public async Task Follow_NeedsMoreThanAllModelsMayUse_IsRefusedAndTheOneBeforeAnswers()
    {
        Add("2", ModelExposure.Everyone, megabytes: 4);
        using var again = _engine.Again(options => options.MemoryBytes = 12 << 20);

        await again.FollowAsync();

        Assert.Equal("1", await VersionAsync(again));
        Assert.Contains("all models together may use 12 MiB", Assert.Single(again.Engine.Models.Refused).Reason, StringComparison.Ordinal);
    }

    [NativeFact]
    public async Task Follow_OthersUseTheMemory_WaitsAndEvictsNothingUntilItHasRoom()
    {
        _engine.Copy("tiny-slow", "tiny-slow");
        using var again = _engine.Again(options => options.MemoryBytes = 20 << 20, _time);
        Assert.Equal("1", await VersionAsync(again));
        var busy = await ((ModelCatalog)again.Engine.Models).UseAsync("tiny-slow", "", CancellationToken.None);
        Add("1", ModelExposure.Everyone, megabytes: 3, name: "large");

        await again.FollowAsync();
        Assert.Equal([("tiny-slow", true), ("tiny-topics", true)], again.Engine.Models.List().Select(model => (model.Name, model.IsLoaded)));
        Assert.Empty(again.Engine.Models.Refused);

        busy!.Release();
        _time.Shift = TimeSpan.FromSeconds(2);
        await again.FollowAsync();
        Assert.True(Assert.Single(again.Engine.Models.List(), model => model.Name == "large").IsLoaded);
    }

    [NativeTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MemoryIsShort_FolderOfTheVersionForEverybodyIsGoneOrHoldsAnother_ItStays(bool isReplaced)
    {
        using var again = _engine.Again(options => options.MemoryBytes = 20 << 20, _time);
        Assert.Equal("1", await VersionAsync(again));
        var folder = again.FolderOf("tiny-topics");
        Directory.Delete(folder, recursive: true);
        if (isReplaced)
        {
            _engine.Copy("tiny-topics", "tiny-topics", version: "9", name: "another");
        }

        Add("1", ModelExposure.Everyone, megabytes: 3, name: "large");
        await again.FollowAsync();

        Assert.Equal("1", await VersionAsync(again));
        Assert.DoesNotContain(again.Engine.Models.List(), model => model.Name == "large" && model.IsLoaded);
    }

    [NativeFact]
    public async Task Classify_FolderHoldsAnotherModelByNow_IsNotAnsweredByThat()
    {
        using var again = _engine.Again();
        _engine.Copy("tiny-topics", "tiny-topics", version: "9");

        Assert.Contains("the folder holds tiny-topics 9 now", await VersionAsync(again), StringComparison.Ordinal);
        await again.FollowAsync();

        Assert.Equal("9", await VersionAsync(again));
    }

    [NativeFact]
    public async Task Follow_FileCannotBeReadForAMoment_IsNotRefusedAndReadAgain()
    {
        using var again = _engine.Again(configure: null, _time);
        var folder = Add("2", ModelExposure.Everyone);
        using (Lock(folder))
        {
            await again.FollowAsync();
            Assert.Equal("1", await VersionAsync(again));
            Assert.Empty(again.Engine.Models.Refused);
        }

        await again.FollowAsync();
        Assert.Equal("1", await VersionAsync(again));
        _time.Shift = TimeSpan.FromSeconds(2);
        await again.FollowAsync();
        Assert.Equal("2", await VersionAsync(again));
    }

    [NativeFact]
    public async Task Restart_FileCannotBeReadForAMoment_NoOtherVersionAnswersInstead()
    {
        var folder = Add("2", ModelExposure.Everyone);
        using var again = _engine.Again(configure: null, _time);
        using (Lock(folder))
        {
            await again.FollowAsync();
            Assert.StartsWith("NotAvailable: The model tiny-topics is not available: model.onnx cannot be read at present", await VersionAsync(again), StringComparison.Ordinal);
            Assert.Empty(again.Engine.Models.Refused);
        }

        _time.Shift = TimeSpan.FromSeconds(2);

        Assert.Equal("2", await VersionAsync(again));
    }

    [NativeFact]
    public async Task Classify_RefusedModelIsLoadedAfterAll_IsNoLongerRefused()
    {
        using var again = _engine.Again(configure: null, _time);
        var model = Path.Combine(again.FolderOf("tiny-topics"), "model.onnx");
        var (whole, written) = (await File.ReadAllBytesAsync(model), File.GetLastWriteTimeUtc(model));
        await File.WriteAllBytesAsync(model, new byte[whole.Length]);
        File.SetLastWriteTimeUtc(model, written);
        Assert.StartsWith("NotAvailable", await VersionAsync(again), StringComparison.Ordinal);
        Assert.Single(again.Engine.Models.Refused);

        // As a disk does that had given other bytes once.
        await File.WriteAllBytesAsync(model, whole);
        File.SetLastWriteTimeUtc(model, written);
        _time.Shift = TimeSpan.FromSeconds(31);

        Assert.Equal("1", await VersionAsync(again));
        Assert.Empty(again.Engine.Models.Refused);
    }

    [Theory]
    [InlineData("[ErrorCode:RuntimeException] Exception during initialization: bfc_arena.cc:376 Failed to allocate memory for requested buffer of size 3145728", true)]
    [InlineData("[ErrorCode:Fail] CUDA failure 2: out of memory ; GPU=0 ; expr=cudaMalloc((void**)&p, size);", true)]
    [InlineData("[ErrorCode:RuntimeException] std::bad_alloc", true)]
    [InlineData("[ErrorCode:Fail] CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0", true)]
    [InlineData("[ErrorCode:InvalidProtobuf] Failed to load model because protobuf parsing failed.", false)]
    [InlineData("[ErrorCode:InvalidArgument] Non-zero status code returned while running Gather node. indices element out of data bounds, idx=90 must be within the inclusive range [-88,87]", false)]
    public void DeviceFaults_Message_TellsTheDeviceFromTheModel(string message, bool isOfDevice) => Assert.Equal(isOfDevice, DeviceFaults.IsOfDevice(message));

    public void Dispose()
    {
        _engine.Dispose();
        _elsewhere.Delete(recursive: true);
    }

    // Knows no n-gram, and takes eight bytes for each of its buckets all the same.
    private static byte[] EmptyLinear(int classes, int bits)
    {
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write("SLIN"u8);
        foreach (var number in new[] { 1, classes, 1, 100 })
        {
            writer.Write(number);
        }

        foreach (var number in new[] { 0, bits, 1, 1 })
        {
            writer.Write(number);
        }

        writer.Write(1f);
        writer.Write(new byte[(1 << bits) + (2 * 4 * classes) + (1 << bits)]);
        return file.ToArray();
    }

    private static FileStream Lock(string folder) => new(Path.Combine(folder, "model.onnx"), FileMode.Open, FileAccess.Read, FileShare.None);

    private static async Task<string> VersionAsync(EngineUnderTest engine)
    {
        var answer = await engine.ClassifyAsync("mail");
        return answer.Value?.Version ?? $"{answer.Outcome}: {answer.Problem}";
    }

    private string Add(string version, ModelExposure exposure, int megabytes = 0, string? name = null)
    {
        var source = Directory.CreateDirectory(Path.Combine(_elsewhere.FullName, Guid.NewGuid().ToString("n"))).FullName;
        EngineUnderTest.CopyTiny("tiny-topics", source, version, name);
        if (megabytes > 0)
        {
            EngineUnderTest.Enlarge(source, megabytes);
        }

        return _engine.Folder.Add(source, exposure).Folder;
    }
}
