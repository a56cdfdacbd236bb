# SPDX-License-Identifier: GPL-2.0
"""What the host needs, by purpose: data for host.py.

Each row: Debian package (`a|b`: the first that the machine's apt knows), what
it is for, what shows that it is there (a command, or a file; `a|b`: any), and
its name for dnf, pacman and zypper (- where another package brings it).
"""

_GUEST = [
    ("fio", "I/O in the guests", "fio", "fio fio fio"),
    ("busybox-static", "the guests' shell", "/bin/busybox|/usr/bin/busybox", "busybox busybox busybox-static"),
    ("util-linux", "zones and discards in the guests", "blkzone|/sbin/blkzone", "util-linux-core util-linux util-linux"),
    ("e2fsprogs", "the file system that the demo makes on a cnull disk", "mkfs.ext4", "e2fsprogs e2fsprogs e2fsprogs"),
]

GROUPS = {
    "core": [
        ("ca-certificates", "downloads over https", "/etc/ssl/certs/ca-certificates.crt|/etc/ssl/certs|/etc/pki/tls/certs",
         "ca-certificates ca-certificates ca-certificates"),
        ("debian-archive-keyring", "checks what a Debian mirror serves",
         "/usr/share/keyrings/debian-archive-keyring.gpg", "- - -"),
        ("gpg", "checks kernel.org's signed list", "gpg", "gnupg2 gnupg gpg2"),
        ("git", "the kernel tree and the series", "git", "git git git-core"),
        ("quilt", "proves that the series is a quilt series", "quilt", "quilt quilt quilt"),
        ("patch", "applies hunks for quilt", "patch", "patch patch patch"),
        ("gcc", "compiles the kernel", "gcc", "gcc gcc gcc"),
        ("libc6-dev", "compiles the kernel's host tools and UML", "/usr/include/stdio.h", "glibc-devel glibc glibc-devel"),
        ("binutils", "assembles and links", "ld", "binutils binutils binutils"),
        ("make", "drives the build", "make", "make make make"),
        ("flex", "kconfig and dtc", "flex", "flex flex flex"),
        ("bison", "kconfig and dtc", "bison", "bison bison bison"),
        ("bc", "generates kernel/time/timeconst", "bc", "bc bc bc"),
        ("perl", "kernel scripts, checkpatch", "perl", "perl perl perl"),
        ("libelf-dev", "objtool and resolve_btfids", "/usr/include/libelf.h", "elfutils-libelf-devel libelf libelf-devel"),
        ("libssl-dev", "module signing tools", "/usr/include/openssl/opensslv.h",
         "openssl-devel openssl libopenssl-devel"),
        ("openssl", "keys for module signing", "openssl", "openssl openssl openssl"),
        ("pkg-config|pkgconf", "finds libelf and libcrypto for the host tools", "pkg-config",
         "pkgconf-pkg-config pkgconf pkg-config"),
        ("xz-utils", "unpacks the release", "xz", "xz xz xz"),
        ("gzip", "compresses the kernel and the initramfs", "gzip", "gzip gzip gzip"),
        ("zstd", "unpacks archives", "zstd", "zstd zstd zstd"),
        ("cpio", "makes the initramfs", "cpio", "cpio cpio cpio"),
        ("kmod", "depmod for the modules of a guest", "/sbin/depmod|depmod", "kmod kmod kmod"),
        ("rsync", "headers_install, kernel selftests", "rsync", "rsync rsync rsync"),
        ("ccache", "second builds in a fraction of the time", "ccache", "ccache ccache ccache"),
    ],
    "um": [*_GUEST],
    "x86_64": [
        ("qemu-system-x86", "boots x86_64", "qemu-system-x86_64", "qemu-system-x86 qemu-system-x86 qemu-x86"),
        *_GUEST,
    ],
    "filesystems": [
        ("xfsprogs", "a file system that sorts lists", "mkfs.xfs", "xfsprogs xfsprogs xfsprogs"),
        ("btrfs-progs", "a file system that sorts lists", "mkfs.btrfs", "btrfs-progs btrfs-progs btrfsprogs"),
    ],
    "arm64": [
        ("gcc-aarch64-linux-gnu", "compiles arm64", "aarch64-linux-gnu-gcc",
         "gcc-aarch64-linux-gnu aarch64-linux-gnu-gcc cross-aarch64-gcc13"),
        ("libc6-dev-arm64-cross", "compiles guest programs for arm64", "/usr/aarch64-linux-gnu/include/stdio.h",
         "- - -"),
        ("qemu-system-arm", "boots arm64", "qemu-system-aarch64", "qemu-system-aarch64 qemu-system-aarch64 qemu-arm"),
    ],
    "riscv64": [
        ("gcc-riscv64-linux-gnu", "compiles riscv64", "riscv64-linux-gnu-gcc",
         "gcc-riscv64-linux-gnu riscv64-linux-gnu-gcc cross-riscv64-gcc13"),
        ("libc6-dev-riscv64-cross", "compiles guest programs for riscv64", "/usr/riscv64-linux-gnu/include/stdio.h",
         "- - -"),
        ("qemu-system-riscv|qemu-system-misc", "boots riscv64", "qemu-system-riscv64",
         "qemu-system-riscv qemu-system-riscv qemu-extra"),
        ("opensbi", "the firmware of the riscv64 machine",
         "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin|/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin",
         "- - -"),
    ],
    "clang": [
        ("clang-19", "compiles with LLVM=-19", "clang-19", "clang clang clang19"),
        ("lld-19", "links with LLVM=-19", "ld.lld-19", "lld lld lld19"),
        ("llvm-19", "llvm-ar, llvm-nm, llvm-objcopy", "llvm-ar-19", "llvm llvm llvm19"),
    ],
    "fuzz": [
        ("libclang-rt-19-dev", "libFuzzer, which drives the fuzzer of images", "/usr/lib/llvm-19/lib/clang/19/include/fuzzer",
         "compiler-rt compiler-rt -"),
    ],
    "rust": [
        ("rustc-web|rustc", "compiles rnull, which tools/bench io compares with", "/usr/bin/rustc", "rust rust rust"),
        ("rust-web-src|rust-src", "the library that the kernel compiles", "/usr/lib/rustlib/src/rust/library|"
         "/usr/lib/rustlib/src", "rust-src rust-src -"),
        ("libclang1-19", "reads C for bindgen", "/usr/lib/llvm-19/lib/libclang-19.so.1", "clang-libs clang libclang13"),
        # Debian 12's is too old for the kernel: a newer one in PATH comes first
        ("bindgen", "makes Rust of the kernel's headers", "bindgen", "bindgen-cli rust-bindgen rust-bindgen"),
    ],
    "style": [
        ("sparse", "static checks, make C=1", "sparse", "sparse sparse sparse"),
        ("coccinelle", "static checks, make coccicheck", "spatch", "coccinelle coccinelle coccinelle"),
        ("codespell", "spelling in checkpatch", "codespell", "codespell codespell codespell"),
        ("shellcheck", "checks the shell scripts", "shellcheck", "ShellCheck shellcheck ShellCheck"),
    ],
    "docs": [
        ("python3-sphinx", "make htmldocs", "sphinx-build", "python3-sphinx python-sphinx python3-Sphinx"),
        ("python3-yaml", "netlink pages of make htmldocs", "/usr/lib/python3/dist-packages/yaml",
         "python3-pyyaml python-yaml python3-PyYAML"),
    ],
}

# what tools/demo and tools/test without options need
DEFAULT = ["core", "um", "x86_64"]
