using System.Diagnostics;
using Steward.Engines.Sandboxing.Supervision;

namespace Steward.Engines.Sandboxing.Tests;

/// <summary>What can be reached from the modules that are allowed, along attributes that the validator lets through: modules carry others along.</summary>
public sealed class VocabularyTests
{
    private const string Story =
        """
        import importlib, sys, types
        import validator, vocabulary
        import matplotlib
        matplotlib.use("Agg")

        # What runs code, reads the interpreter's insides, or opens files without being asked for a name.
        UNWANTED = set("builtins sys os posix posixpath subprocess importlib ctypes pickle codecs marshal socket ssl types inspect gc threading _thread multiprocessing asyncio signal atexit logging mmap tarfile "
                       "zipfile gzip bz2 lzma traceback weakref six runpy code pdb shutil tempfile pathlib platform pwd grp locale linecache tracemalloc urllib http sqlite3 copyreg".split())

        reached, waiting = {}, []
        for name in sorted(vocabulary.MODULES - {"steward"}):
            module = importlib.import_module(name)
            reached[id(module)] = name
            waiting.append((module, name))
        while waiting:
            module, path = waiting.pop()
            for name, value in list(vars(module).items()):
                if list(validator.attribute(name, False)) or name == "types" and not path.endswith("api"):
                    continue
                if isinstance(value, types.ModuleType):
                    if id(value) not in reached:
                        reached[id(value)] = f"{path}.{name}"
                        waiting.append((value, f"{path}.{name}"))
                        if value.__name__.split(".")[0] in UNWANTED:
                            print(value.__name__, "by", reached[id(value)])
                elif any(value is one for one in (eval, exec, getattr, setattr, globals, importlib.import_module)) or getattr(value, "__name__", "") == "import_optional_dependency":
                    print(name, "by", f"{path}.{name}")
        print(len(reached) > 100)
        """;

    [SandboxFact]
    public async Task Attributes_OfAllowedModules_LeadToNoModuleThatIsRefused()
    {
        var folder = Directory.CreateTempSubdirectory("steward-vocabulary-");
        try
        {
            foreach (var name in new[] { "validator.py", "known.py", "vocabulary.py", "advice.py", "shell.py" })
            {
                await using var script = typeof(SupervisedSandbox).Assembly.GetManifestResourceStream(name)!;
                await using var copy = File.Create(Path.Combine(folder.FullName, name));
                await script.CopyToAsync(copy);
            }

            var story = Path.Combine(folder.FullName, "story.py");
            await File.WriteAllTextAsync(story, Story);
            using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-B", story]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = python.StandardError.ReadToEndAsync();
            var output = await python.StandardOutput.ReadToEndAsync();
            await python.WaitForExitAsync();

            Assert.Equal(("True\n", ""), (output, await errors));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
